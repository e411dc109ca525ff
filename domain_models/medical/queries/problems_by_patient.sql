-- Which problems does each patient's record affirm, and when was it written?
SELECT coalesce(w.name, 'MRN ' || w.mrn, w.document_name) AS patient, coalesce(e.started_on, e.ended_on) AS seen_on,
       lower(p.problem) AS problem, any_value(p.icd10_code) AS icd10_code, p.document_name AS document,
       arg_min(p.quote, p.char_start) AS quote, arg_min(p.page, p.char_start) AS page,
       round(arg_min(p.probability, p.char_start), 2) AS probability, left(p.document_id, 12) AS id
FROM medical.problems AS p
JOIN medical.patients AS w USING (document_id)
LEFT JOIN medical.encounters AS e USING (document_id)
WHERE p.assertion = 'present'
GROUP BY patient, seen_on, lower(p.problem), p.document_name, p.document_id
ORDER BY patient, seen_on, problem, id;
