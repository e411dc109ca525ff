-- In which of the 24 months from --today does a contract's term end or renew, and until when can notice be given?
SELECT strftime(t.ends_on, '%Y-%m') AS month, CASE WHEN t.may_renew THEN 'renews or ends' ELSE 'ends' END AS what,
       t.document, t.ends_on, t.notice_by,
       arg_min(f.quote, list_position(t.finding_ids, f.finding_id)) AS quote,
       arg_min(f.page_start, list_position(t.finding_ids, f.finding_id)) AS page,
       round(min(f.probability), 2) AS probability, left(t.document_id, 12) AS id
FROM legal.term_ends AS t
JOIN core.findings AS f ON f.document_id = t.document_id AND list_contains(t.finding_ids, f.finding_id)
WHERE t.ends_on >= $today::DATE AND t.ends_on < date_trunc('month', $today::DATE) + INTERVAL 24 MONTH
GROUP BY t.document_id, t.document, t.ends_on, t.notice_by, t.may_renew, t.renewals
ORDER BY t.ends_on, t.document, id;
