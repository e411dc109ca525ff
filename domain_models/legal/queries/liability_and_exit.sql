-- Where do contracts cap liability, and where may a party leave without cause?
SELECT document, label AS clause, quote, page_start AS page, round(probability, 2) AS probability
FROM legal.clauses
WHERE field IN ('cap_on_liability', 'termination_for_convenience')
ORDER BY document, char_start;
