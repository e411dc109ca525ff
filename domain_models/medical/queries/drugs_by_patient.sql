-- Which drugs does each patient's record give, or order to start at a dose, by the active ingredient, and when was it written?
SELECT coalesce(w.name, 'MRN ' || w.mrn, w.document_name) AS patient, coalesce(e.started_on, e.ended_on) AS seen_on,
       coalesce(m.ingredient, m.drug) AS drug,
       arg_min(concat_ws(' ', rtrim(rtrim(m.dose::VARCHAR, '0'), '.'), m.unit), m.char_start) FILTER (m.dose IS NOT NULL) AS dose,
       max(m.assertion) AS assertion,  -- of a drug that is both, present
       m.document_name AS document,
       arg_min(m.quote, m.char_start) AS quote, arg_min(m.page, m.char_start) AS page,
       round(arg_min(m.probability, m.char_start), 2) AS probability, left(m.document_id, 12) AS id
FROM medical.medications AS m
JOIN medical.patients AS w USING (document_id)
LEFT JOIN medical.encounters AS e USING (document_id)
WHERE m.assertion = 'present' OR (m.assertion = 'hypothetical' AND m.status = 'started' AND m.dose IS NOT NULL)
GROUP BY patient, seen_on, coalesce(m.ingredient, m.drug), m.document_name, m.document_id
ORDER BY patient, seen_on, drug, id;
