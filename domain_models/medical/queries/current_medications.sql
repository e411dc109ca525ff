-- Which drugs does each record give now, at what dose and how often?
SELECT document_name AS document, drug, dose, unit, route, frequency, quote, page, round(probability, 2) AS probability
FROM medical.medications
WHERE assertion = 'present' AND coalesce(status, '') NOT IN ('stopped', 'held')
ORDER BY document, char_start;
