-- What is each contract's liability limited to?
SELECT c.name AS document,
       CASE WHEN c.liability_cap_amount IS NOT NULL THEN 'a sum' WHEN c.cap_on_liability THEN 'no one sum' WHEN NOT c.cap_on_liability THEN 'no cap found'
            ELSE 'uncertain' END AS cap,
       c.liability_cap_amount::DECIMAL(28, 2) AS amount, c.liability_cap_currency AS currency,
       CASE WHEN c.liability_cap_amount IS NULL THEN cap WHEN c.liability_cap_amount < 100000 THEN 'under 100,000'
            WHEN c.liability_cap_amount < 1000000 THEN '100,000 to 1 million' WHEN c.liability_cap_amount < 10000000 THEN '1 to 10 million'
            ELSE '10 million and over' END AS size,
       f.quote, f.page_start AS page, round(f.probability, 2) AS probability, left(c.document_id, 12) AS id
FROM legal.contracts AS c
LEFT JOIN core.findings AS f ON f.finding_id = coalesce(c.liability_cap_finding_id,
    (SELECT arg_max(o.finding_id, o.probability) FROM core.findings AS o WHERE o.document_id = c.document_id AND o.field = 'cap_on_liability'))
ORDER BY amount DESC NULLS LAST, document, id;
