-- Which law governs each contract, when does it take effect and when does it end, and which words say so?
SELECT e.document, e.label AS question, e.value, e.quote, e.page_start AS page, round(e.probability, 2) AS probability
FROM legal.evidence AS e
JOIN legal.contracts AS c USING (document_id)
WHERE e.finding_id IN (c.governing_law_finding_id, c.effective_date_finding_id, c.expiration_date_finding_id)
ORDER BY e.document, e.char_start;
