-- What was measured, and with what result?
SELECT document_name AS document, name, value, unit, flag, quote, page, round(probability, 2) AS probability
FROM medical.tests
WHERE value IS NOT NULL
ORDER BY document, char_start;
