-- Which drugs does each record give, at what dose and how often?
SELECT document_name AS document, drug, dose, unit, route, frequency, quote, page, round(probability, 2) AS probability
FROM medical.medications
WHERE assertion = 'present'
ORDER BY document, char_start;
