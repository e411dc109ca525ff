-- Which law governs each contract?
SELECT coalesce(c.governing_law, CASE r.verdict WHEN 'absent' THEN '(none)' ELSE '(uncertain)' END) AS governing_law,
       c.governing_law_code AS code, c.name AS document, f.quote, f.page_start AS page,
       round(f.probability, 2) AS probability, left(c.document_id, 12) AS id
FROM legal.contracts AS c
LEFT JOIN core.findings AS f ON f.finding_id = c.governing_law_finding_id
LEFT JOIN core.rulings AS r ON r.document_id = c.document_id AND r.field = 'governing_law'
ORDER BY governing_law, document, id;
