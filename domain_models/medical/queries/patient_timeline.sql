-- What happened to each patient, in order of time?
SELECT document_name AS document, happened_on, known_to, kind, event, date_quote AS quote, page, round(probability, 2) AS probability
FROM medical.timeline
ORDER BY document, happened_on, page;
