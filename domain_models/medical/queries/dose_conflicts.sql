-- Which drugs have another dose, frequency or route in the discharge list than in the list of what was taken before?
SELECT document_name AS document, drug, differs, admission_doses, discharge_doses, quote, discharge_page AS page, admission_page,
       round(probability, 2) AS probability
FROM medical.conflicts
ORDER BY document, drug;
