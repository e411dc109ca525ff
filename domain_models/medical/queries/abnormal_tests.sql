-- Which results does a record itself call high, low, abnormal or positive, patient by patient and by date?
SELECT coalesce(w.name, 'MRN ' || w.mrn, w.document_name) AS patient, coalesce(e.started_on, e.ended_on) AS seen_on,
       t.name AS test, t.value, t.unit, t.reference_range,
       CASE WHEN coalesce(t.flag, t.value_code) IN ('H', 'HH') THEN 'high' WHEN coalesce(t.flag, t.value_code) IN ('L', 'LL') THEN 'low'
            WHEN t.value_code = 'POS' THEN 'positive' ELSE 'abnormal' END AS flag,
       t.document_name AS document, t.quote, t.page, round(t.probability, 2) AS probability, left(t.document_id, 12) AS id
FROM medical.tests AS t
JOIN medical.patients AS w USING (document_id)
LEFT JOIN medical.encounters AS e USING (document_id)
WHERE coalesce(t.flag, t.value_code) IN ('H', 'HH', 'L', 'LL', 'A', 'POS')
  AND (t.value_number IS NOT NULL OR t.value_code IS NOT NULL)
  -- A value that is a bound of its own range was read from the range beside the result.
  AND NOT coalesce(contains(t.reference_range, split_part(t.value, chr(9), 1)), false)
ORDER BY patient, seen_on, test, t.char_start;
