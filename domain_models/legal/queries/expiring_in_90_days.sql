-- Which contracts reach the end of a term within 90 days of --today, and may they run on?
SELECT t.document, t.ends_on, t.notice_by, t.may_renew,
       arg_min(f.quote, list_position(t.finding_ids, f.finding_id)) AS quote,
       arg_min(f.page_start, list_position(t.finding_ids, f.finding_id)) AS page,
       round(min(f.probability), 2) AS probability, left(t.document_id, 12) AS id
FROM legal.term_ends AS t
JOIN core.findings AS f ON f.document_id = t.document_id AND list_contains(t.finding_ids, f.finding_id)
WHERE t.ends_on BETWEEN $today::DATE AND $today::DATE + 90
GROUP BY t.document_id, t.document, t.ends_on, t.notice_by, t.may_renew, t.renewals
ORDER BY t.ends_on, t.document, id;
