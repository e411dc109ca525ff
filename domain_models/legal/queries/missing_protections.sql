-- Which usual protections does a contract not have, or not surely?
SELECT d.name AS document, coalesce(c.label, r.field) AS protection,
       CASE r.verdict WHEN 'absent' THEN 'absent' ELSE 'uncertain' END AS verdict,
       round(r.best_score, 2) AS best_score, left(d.document_id, 12) AS id
FROM current.rulings AS r
JOIN current.documents AS d USING (document_id)
LEFT JOIN core.fields AS c ON c.domain = d.domain AND c.field = r.field
WHERE d.domain = 'legal' AND d.state = 'processed' AND r.verdict <> 'found'
  AND r.field IN ('cap_on_liability', 'insurance', 'audit_rights', 'warranty_duration', 'termination_for_convenience',
                  'anti_assignment', 'change_of_control', 'post_termination_services')
ORDER BY document, c.ordinal, id;
