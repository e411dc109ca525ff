-- Contracts as rows: typed answers, parties, clauses, evidence and contradictions over the core tables.
-- Only documents in state processed are shown. Values come from the contract record that `records.py` makes.

CREATE SCHEMA IF NOT EXISTS legal;

CREATE OR REPLACE VIEW legal.conflicts AS
SELECT f.document_id, d.name AS document, f.field,
    list(DISTINCT coalesce(CAST(f.value_date AS VARCHAR), f.value_text)) AS stated,
    list(f.finding_id ORDER BY f.char_start) AS finding_ids
FROM core.findings AS f
JOIN core.documents AS d USING (document_id)
WHERE d.domain = 'legal' AND d.state = 'processed' AND f.probability >= 0.5
    AND (f.field = 'governing_law' AND f.value_text IS NOT NULL
        OR f.field IN ('agreement_date', 'effective_date', 'expiration_date') AND f.value_date IS NOT NULL)
    -- The date of the agreement that this one amends says nothing of its own date.
    AND NOT EXISTS (SELECT 1 FROM core.records AS r WHERE r.finding_id = f.finding_id AND r.kind = 'other_agreement')
GROUP BY f.document_id, d.name, f.field
HAVING count(DISTINCT coalesce(CAST(f.value_date AS VARCHAR), f.value_text)) > 1;
COMMENT ON VIEW legal.conflicts IS 'One row per field of a contract to which its own words, each more likely right than not, give different answers.';
COMMENT ON COLUMN legal.conflicts.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN legal.conflicts.document IS 'File name.';
COMMENT ON COLUMN legal.conflicts.field IS 'The field with more than one answer.';
COMMENT ON COLUMN legal.conflicts.stated IS 'The different answers.';
COMMENT ON COLUMN legal.conflicts.finding_ids IS 'The findings that state them, in reading order.';

CREATE OR REPLACE VIEW legal.contracts AS
WITH answer AS (
    SELECT r.document_id,
        list(f.value_text ORDER BY f.char_start) FILTER (WHERE r.role = 'party') AS parties,
        list(f.finding_id ORDER BY f.char_start) FILTER (WHERE r.role = 'party') AS party_finding_ids,
        any_value(f.value_text) FILTER (WHERE r.role = 'document_name') AS document_name_text,
        any_value(f.finding_id) FILTER (WHERE r.role = 'document_name') AS document_name_finding_id,
        any_value(f.value_date) FILTER (WHERE r.role = 'agreement_date') AS agreement_date_date,
        any_value(f.finding_id) FILTER (WHERE r.role = 'agreement_date') AS agreement_date_finding_id,
        any_value(f.value_date) FILTER (WHERE r.role = 'effective_date') AS effective_date_date,
        any_value(f.value_text) FILTER (WHERE r.role = 'effective_date') AS effective_date_text,
        any_value(f.finding_id) FILTER (WHERE r.role = 'effective_date') AS effective_date_finding_id,
        any_value(f.value_date) FILTER (WHERE r.role = 'expiration_date') AS expiration_date_date,
        any_value(f.value_text) FILTER (WHERE r.role = 'expiration_date') AS expiration_date_text,
        any_value(f.value_number) FILTER (WHERE r.role = 'expiration_date') AS expiration_date_number,
        any_value(f.value_unit) FILTER (WHERE r.role = 'expiration_date') AS expiration_date_unit,
        any_value(f.value_code) FILTER (WHERE r.role = 'expiration_date') AS expiration_date_code,
        any_value(f.finding_id) FILTER (WHERE r.role = 'expiration_date') AS expiration_date_finding_id,
        any_value(f.value_number) FILTER (WHERE r.role = 'renewal_term') AS renewal_term_number,
        any_value(f.value_unit) FILTER (WHERE r.role = 'renewal_term') AS renewal_term_unit,
        any_value(f.value_text) FILTER (WHERE r.role = 'renewal_term') AS renewal_term_text,
        any_value(f.finding_id) FILTER (WHERE r.role = 'renewal_term') AS renewal_term_finding_id,
        any_value(f.value_number) FILTER (WHERE r.role = 'notice_period_to_terminate_renewal') AS notice_period_number,
        any_value(f.value_unit) FILTER (WHERE r.role = 'notice_period_to_terminate_renewal') AS notice_period_unit,
        any_value(f.finding_id) FILTER (WHERE r.role = 'notice_period_to_terminate_renewal') AS notice_period_finding_id,
        any_value(f.value_text) FILTER (WHERE r.role = 'governing_law') AS governing_law_text,
        any_value(f.value_code) FILTER (WHERE r.role = 'governing_law') AS governing_law_code,
        any_value(f.finding_id) FILTER (WHERE r.role = 'governing_law') AS governing_law_finding_id,
        any_value(f.value_number) FILTER (WHERE r.role = 'warranty_duration') AS warranty_number,
        any_value(f.value_unit) FILTER (WHERE r.role = 'warranty_duration') AS warranty_unit,
        any_value(f.finding_id) FILTER (WHERE r.role = 'warranty_duration') AS warranty_finding_id,
        any_value(f.value_number) FILTER (WHERE r.role = 'cap_on_liability') AS liability_cap_number,
        any_value(f.value_unit) FILTER (WHERE r.role = 'cap_on_liability') AS liability_cap_unit,
        any_value(f.finding_id) FILTER (WHERE r.role = 'cap_on_liability') AS liability_cap_finding_id,
        any_value(f.value_number) FILTER (WHERE r.role = 'minimum_commitment') AS minimum_commitment_number,
        any_value(f.value_unit) FILTER (WHERE r.role = 'minimum_commitment') AS minimum_commitment_unit,
        any_value(f.finding_id) FILTER (WHERE r.role = 'minimum_commitment') AS minimum_commitment_finding_id,
        list(r.role ORDER BY r.role) FILTER (WHERE r.role <> 'party' AND f.value_text IS NULL AND f.value_date IS NULL
            AND f.value_number IS NULL AND f.value_code IS NULL
            -- Most limits of liability are no sum: only a blanked one is open.
            AND (r.role NOT IN ('cap_on_liability', 'minimum_commitment') OR regexp_matches(f.quote, '\[[\s*_.●•xX-]*\]|_{2,}|\*{2,}|●|\[\s*(?i:redacted)\s*\]'))) AS without_value
    FROM core.records AS r JOIN core.findings AS f USING (finding_id)
    WHERE r.kind = 'contract'
    GROUP BY r.document_id
), asked AS (
    SELECT document_id,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'most_favored_nation') AS most_favored_nation,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'competitive_restriction_exception') AS competitive_restriction_exception,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'non_compete') AS non_compete,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'exclusivity') AS exclusivity,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'no_solicit_of_customers') AS no_solicit_of_customers,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'no_solicit_of_employees') AS no_solicit_of_employees,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'non_disparagement') AS non_disparagement,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'termination_for_convenience') AS termination_for_convenience,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'rofr_rofo_rofn') AS rofr_rofo_rofn,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'change_of_control') AS change_of_control,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'anti_assignment') AS anti_assignment,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'revenue_profit_sharing') AS revenue_profit_sharing,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'price_restrictions') AS price_restrictions,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'minimum_commitment') AS minimum_commitment,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'volume_restriction') AS volume_restriction,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'ip_ownership_assignment') AS ip_ownership_assignment,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'joint_ip_ownership') AS joint_ip_ownership,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'license_grant') AS license_grant,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'non_transferable_license') AS non_transferable_license,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'affiliate_license_licensor') AS affiliate_license_licensor,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'affiliate_license_licensee') AS affiliate_license_licensee,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'unlimited_all_you_can_eat_license') AS unlimited_all_you_can_eat_license,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'irrevocable_or_perpetual_license') AS irrevocable_or_perpetual_license,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'source_code_escrow') AS source_code_escrow,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'post_termination_services') AS post_termination_services,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'audit_rights') AS audit_rights,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'uncapped_liability') AS uncapped_liability,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'cap_on_liability') AS cap_on_liability,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'liquidated_damages') AS liquidated_damages,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'warranty_duration') AS warranty_duration,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'insurance') AS insurance,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'covenant_not_to_sue') AS covenant_not_to_sue,
        any_value(CASE verdict WHEN 'found' THEN true WHEN 'absent' THEN false END) FILTER (WHERE field = 'third_party_beneficiary') AS third_party_beneficiary,
        bool_and(absent_below = 0) AS nothing_absent
    FROM core.rulings
    GROUP BY document_id
), dated AS (
    SELECT *,
        coalesce(effective_date_date, CASE WHEN effective_date_text = 'agreement date' THEN agreement_date_date END) AS effective_on,
        CASE expiration_date_unit
            WHEN 'year' THEN to_months(CAST(floor(expiration_date_number * 12) AS INTEGER))
            WHEN 'month' THEN to_months(CAST(floor(expiration_date_number) AS INTEGER))
            WHEN 'week' THEN to_days(CAST(floor(expiration_date_number * 7) AS INTEGER))
            WHEN 'day' THEN to_days(CAST(floor(expiration_date_number) AS INTEGER))
        END AS term,
        CASE notice_period_unit
            WHEN 'year' THEN to_months(CAST(floor(notice_period_number * 12) AS INTEGER))
            WHEN 'month' THEN to_months(CAST(floor(notice_period_number) AS INTEGER))
            WHEN 'week' THEN to_days(CAST(floor(notice_period_number * 7) AS INTEGER))
            WHEN 'day' THEN to_days(CAST(floor(notice_period_number) AS INTEGER))
        END AS notice
    FROM answer
), started AS (
    SELECT *,
        CASE expiration_date_code
            WHEN 'effective_date' THEN coalesce(effective_on, agreement_date_date)
            WHEN 'agreement_date' THEN coalesce(agreement_date_date, effective_on)
        END AS term_start,
        CASE expiration_date_code
            WHEN 'effective_date' THEN CASE WHEN effective_on IS NULL OR effective_date_date IS NULL
                THEN agreement_date_finding_id ELSE effective_date_finding_id END
            WHEN 'agreement_date' THEN CASE WHEN agreement_date_date IS NULL
                THEN effective_date_finding_id ELSE agreement_date_finding_id END
        END AS term_start_finding_id
    FROM dated
), ended AS (
    SELECT *,
        coalesce(expiration_date_date, CAST(term_start + term AS DATE)) AS expires_on,
        list_filter([
            expiration_date_finding_id,
            CASE WHEN expiration_date_date IS NULL AND expiration_date_code = 'effective_date'
                AND effective_date_text = 'agreement date' THEN effective_date_finding_id END,
            CASE WHEN expiration_date_date IS NULL THEN term_start_finding_id END
        ], lambda id: id IS NOT NULL) AS expiration_inputs
    FROM started
)
SELECT d.document_id, d.name,
    e.document_name_text AS document_name,
    coalesce(e.parties, []) AS parties,
    e.agreement_date_date AS agreement_date,
    e.effective_on AS effective_date,
    e.expires_on AS expiration_date,
    CASE WHEN e.expiration_date_date IS NOT NULL AND e.expiration_date_number IS NULL THEN 'stated'
         WHEN e.expires_on IS NOT NULL THEN 'computed'
         WHEN e.expiration_date_text = 'perpetual' THEN 'perpetual'
         WHEN e.expiration_date_finding_id IS NOT NULL THEN 'unresolved' END AS expiration_basis,
    e.expiration_date_number AS term_number,
    e.expiration_date_unit AS term_unit,
    e.renewal_term_number, e.renewal_term_unit,
    starts_with(e.renewal_term_text, 'successive') AS renewal_repeats,
    e.notice_period_number, e.notice_period_unit,
    CAST(e.expires_on - e.notice AS DATE) AS notice_deadline,
    e.governing_law_text AS governing_law,
    e.governing_law_code,
    e.warranty_number AS warranty_duration_number, e.warranty_unit AS warranty_duration_unit,
    e.liability_cap_number AS liability_cap_amount, e.liability_cap_unit AS liability_cap_currency,
    e.minimum_commitment_number AS minimum_commitment_amount, e.minimum_commitment_unit AS minimum_commitment_currency,
    a.most_favored_nation,
    a.competitive_restriction_exception,
    a.non_compete,
    a.exclusivity,
    a.no_solicit_of_customers,
    a.no_solicit_of_employees,
    a.non_disparagement,
    a.termination_for_convenience,
    a.rofr_rofo_rofn,
    a.change_of_control,
    a.anti_assignment,
    a.revenue_profit_sharing,
    a.price_restrictions,
    a.minimum_commitment,
    a.volume_restriction,
    a.ip_ownership_assignment,
    a.joint_ip_ownership,
    a.license_grant,
    a.non_transferable_license,
    a.affiliate_license_licensor,
    a.affiliate_license_licensee,
    a.unlimited_all_you_can_eat_license,
    a.irrevocable_or_perpetual_license,
    a.source_code_escrow,
    a.post_termination_services,
    a.audit_rights,
    a.uncapped_liability,
    a.cap_on_liability,
    a.liquidated_damages,
    a.warranty_duration,
    a.insurance,
    a.covenant_not_to_sue,
    a.third_party_beneficiary,
    coalesce(e.party_finding_ids, []) AS party_finding_ids,
    e.document_name_finding_id,
    e.agreement_date_finding_id,
    e.effective_date_finding_id,
    e.expiration_date_finding_id,
    e.renewal_term_finding_id,
    e.notice_period_finding_id,
    e.governing_law_finding_id,
    e.warranty_finding_id,
    e.liability_cap_finding_id,
    e.minimum_commitment_finding_id,
    CASE WHEN e.expiration_date_date IS NULL AND e.expires_on IS NOT NULL THEN e.term_start_finding_id END AS term_start_finding_id,
    CASE WHEN e.expires_on IS NULL THEN [] ELSE e.expiration_inputs END AS expiration_date_finding_ids,
    CASE WHEN e.expires_on - e.notice IS NULL THEN []
        ELSE list_append(e.expiration_inputs, e.notice_period_finding_id) END AS notice_deadline_finding_ids,
    coalesce(e.without_value, []) AS unresolved,
    list_filter([
        CASE WHEN a.nothing_absent THEN 'does not read as an English contract: nothing is ruled absent' END,
        CASE WHEN e.document_id IS NULL THEN 'nothing was found: is this a contract?' END,
        CASE WHEN len(coalesce(e.parties, [])) = 0 THEN 'no parties' END,
        CASE WHEN len(coalesce(e.parties, [])) = 1 THEN 'only one party' END,
        CASE WHEN e.document_name_text ILIKE '%amendment%' OR regexp_matches(d.text, '^\W*(?i:(?:\w+\s+){0,3}amendment)\b')
            THEN 'an amendment: terms may stand in the contract that it amends' END,
        CASE WHEN regexp_matches(coalesce(e.document_name_text, '') || chr(10) || left(d.text, 80), '(?im)^\W*(?:statement of work|work order|order form|task order)\b')
            THEN 'an order under another contract: terms may stand there' END,
        CASE WHEN len(coalesce(e.parties, [])) = 0 AND (regexp_matches(coalesce(e.document_name_text, d.name), '(?i)(?:\b|_)(exhibit|schedule|annex|appendix)(?:\b|_)')
                OR regexp_matches(d.text, '^\W*(?i:exhibit|schedule|annex|appendix)\b'))
            THEN 'an exhibit without parties: they stand in the contract that it belongs to' END,
        CASE WHEN e.governing_law_text LIKE '%;%' THEN 'more than one governing law' END,
        CASE WHEN o.fields IS NOT NULL THEN 'its own words contradict one another (legal.conflicts): ' || o.fields END,
        CASE WHEN e.expires_on < coalesce(e.effective_on, e.agreement_date_date) THEN 'ends before it begins' END
    ], lambda warning: warning IS NOT NULL) AS warnings
FROM core.documents AS d
LEFT JOIN ended AS e USING (document_id)
LEFT JOIN asked AS a USING (document_id)
LEFT JOIN (SELECT document_id, string_agg(field, ', ' ORDER BY field) AS fields FROM legal.conflicts GROUP BY document_id) AS o USING (document_id)
WHERE d.domain = 'legal' AND d.state = 'processed';
COMMENT ON VIEW legal.contracts IS 'One row per contract: its typed answers, each with the finding that proves it. NULL: not found, or found and not resolved.';
COMMENT ON COLUMN legal.contracts.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN legal.contracts.name IS 'File name.';
COMMENT ON COLUMN legal.contracts.document_name IS 'The contract''s own title.';
COMMENT ON COLUMN legal.contracts.parties IS 'The names of those who sign, in reading order.';
COMMENT ON COLUMN legal.contracts.agreement_date IS 'The date that the contract bears.';
COMMENT ON COLUMN legal.contracts.effective_date IS 'The date from which the contract has effect. The agreement date where the contract points to that.';
COMMENT ON COLUMN legal.contracts.expiration_date IS 'When the initial term ends: as stated, or computed from the term and the date on which it starts.';
COMMENT ON COLUMN legal.contracts.expiration_basis IS 'stated; computed from a term (expiration_date_finding_id) and its start (there too, or term_start_finding_id); perpetual; or unresolved, where the words give no date.';
COMMENT ON COLUMN legal.contracts.term_number IS 'Length of the initial term where the contract gives one.';
COMMENT ON COLUMN legal.contracts.term_unit IS 'day, business day, week, month or year.';
COMMENT ON COLUMN legal.contracts.renewal_term_number IS 'How long the contract runs on after its initial term, by itself or by one side''s choice.';
COMMENT ON COLUMN legal.contracts.renewal_term_unit IS 'day, business day, week, month or year.';
COMMENT ON COLUMN legal.contracts.renewal_repeats IS 'Whether one renewal follows another ("successive one-year periods"); NULL where no renewal was read.';
COMMENT ON COLUMN legal.contracts.notice_period_number IS 'How long before the end a party must say that it does not renew.';
COMMENT ON COLUMN legal.contracts.notice_period_unit IS 'day, business day, week, month or year; no deadline is computed from business days.';
COMMENT ON COLUMN legal.contracts.notice_deadline IS 'The last day to give notice before the initial term ends: expiration_date less the notice period.';
COMMENT ON COLUMN legal.contracts.governing_law IS 'The state or country whose law governs the contract. Several are joined by "; ".';
COMMENT ON COLUMN legal.contracts.governing_law_code IS 'ISO 3166-1 or 3166-2 code; NULL where several laws govern, or the name alone (Georgia) may be a state or a country.';
COMMENT ON COLUMN legal.contracts.warranty_duration_number IS 'How long the warranty against defects in products, technology or services lasts.';
COMMENT ON COLUMN legal.contracts.warranty_duration_unit IS 'day, business day, week, month or year.';
COMMENT ON COLUMN legal.contracts.liability_cap_amount IS 'The sum that liability is limited to; NULL where the limit is no sum, or the greater or lesser of a sum and something else.';
COMMENT ON COLUMN legal.contracts.liability_cap_currency IS 'ISO 4217 currency.';
COMMENT ON COLUMN legal.contracts.minimum_commitment_amount IS 'The least sum to be bought or paid; NULL where it is no sum, or the greater or lesser of a sum and something else.';
COMMENT ON COLUMN legal.contracts.minimum_commitment_currency IS 'ISO 4217 currency.';
COMMENT ON COLUMN legal.contracts.most_favored_nation IS 'A party must get terms as good as any that the other side gives to a third party. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.competitive_restriction_exception IS 'What a non-compete, exclusivity or customer non-solicitation clause still allows. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.non_compete IS 'A party may not compete with the other, or not in some region, business or technology. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.exclusivity IS 'A party deals with the other alone: buys all it needs there, or sells, licenses or works with no third party. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.no_solicit_of_customers IS 'A party may not approach or contract with the other''s customers or partners. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.no_solicit_of_employees IS 'A party may not solicit or hire the other''s employees or contractors. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.non_disparagement IS 'A party may not speak ill of the other. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.termination_for_convenience IS 'A party may end the contract without cause, by notice and waiting alone. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.rofr_rofo_rofn IS 'A right of first refusal, first offer or first negotiation over shares, assets, technology, products or services. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.change_of_control IS 'A change in who controls a party (merger, share sale, sale of the business) lets the other end the contract, or needs notice or consent. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.anti_assignment IS 'Assigning the contract to a third party needs consent or notice. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.revenue_profit_sharing IS 'A party must share revenue or profit with the other. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.price_restrictions IS 'A party''s freedom to raise or lower its prices is limited. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.minimum_commitment IS 'The least quantity or sum that a party must buy or pay in a period. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.volume_restriction IS 'Use beyond a threshold costs more or needs consent. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.ip_ownership_assignment IS 'Intellectual property made by one party becomes the other''s. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.joint_ip_ownership IS 'The parties own intellectual property together. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.license_grant IS 'One party licenses something to the other. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.non_transferable_license IS 'The licensee may not transfer its licence, or only within limits. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.affiliate_license_licensor IS 'The licence comes from the licensor''s affiliates too, or covers what they own. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.affiliate_license_licensee IS 'The licence extends to the licensee''s affiliates. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.unlimited_all_you_can_eat_license IS 'The licence sets no limit on use: an enterprise licence, or one for all that the licensee wants. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.irrevocable_or_perpetual_license IS 'The licence cannot be revoked, or never ends. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.source_code_escrow IS 'Source code is deposited with a third party and released on stated events, such as insolvency. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.post_termination_services IS 'A party still owes something after the end: transition, wind-down, last orders, transfer or payment. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.audit_rights IS 'A party may examine the other''s books, records or premises. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.uncapped_liability IS 'Liability is without limit, in all or for some breaches such as of confidentiality. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.cap_on_liability IS 'The limit on what a party can owe for a breach: a sum, kinds of damage left out, or a time to claim. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.liquidated_damages IS 'A sum agreed beforehand is due for a breach, or a fee for ending the contract. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.warranty_duration IS 'How long the warranty against defects in products, technology or services lasts. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.insurance IS 'A party must keep insurance for the other''s benefit. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.covenant_not_to_sue IS 'A party may not contest the other''s intellectual property, or may not sue over matters outside the contract. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.third_party_beneficiary IS 'Someone who is not a party may enforce some or all of the contract. NULL: too uncertain to say.';
COMMENT ON COLUMN legal.contracts.party_finding_ids IS 'The findings behind parties, in the same order.';
COMMENT ON COLUMN legal.contracts.document_name_finding_id IS 'The finding behind document name (core.findings).';
COMMENT ON COLUMN legal.contracts.agreement_date_finding_id IS 'The finding behind agreement date (core.findings).';
COMMENT ON COLUMN legal.contracts.effective_date_finding_id IS 'The finding behind effective date (core.findings).';
COMMENT ON COLUMN legal.contracts.expiration_date_finding_id IS 'The finding behind expiration date (core.findings).';
COMMENT ON COLUMN legal.contracts.renewal_term_finding_id IS 'The finding behind renewal term (core.findings).';
COMMENT ON COLUMN legal.contracts.notice_period_finding_id IS 'The finding behind notice period (core.findings).';
COMMENT ON COLUMN legal.contracts.governing_law_finding_id IS 'The finding behind governing law (core.findings).';
COMMENT ON COLUMN legal.contracts.warranty_finding_id IS 'The finding behind warranty (core.findings).';
COMMENT ON COLUMN legal.contracts.liability_cap_finding_id IS 'The finding behind liability cap (core.findings).';
COMMENT ON COLUMN legal.contracts.minimum_commitment_finding_id IS 'The finding behind minimum commitment (core.findings).';
COMMENT ON COLUMN legal.contracts.term_start_finding_id IS 'The finding of the date from which expiration_date was computed.';
COMMENT ON COLUMN legal.contracts.expiration_date_finding_ids IS 'All that expiration_date rests on: the words of the end or of the term, and of the date on which the term starts.';
COMMENT ON COLUMN legal.contracts.notice_deadline_finding_ids IS 'All that notice_deadline rests on: the findings of expiration_date and of the notice period.';
COMMENT ON COLUMN legal.contracts.unresolved IS 'Fields that were found but whose words give no value: redacted, left blank, or ambiguous (legal.unresolved says which).';
COMMENT ON COLUMN legal.contracts.warnings IS 'What a reader should know before trusting the row.';

CREATE OR REPLACE VIEW legal.parties AS
SELECT r.document_id, d.name AS document, r.ordinal,
    any_value(f.value_text) FILTER (WHERE r.role = 'name') AS party,
    coalesce(list(f.value_text ORDER BY f.char_start) FILTER (WHERE r.role = 'defined_name'), []) AS defined_names,
    coalesce(list(f.value_text ORDER BY f.char_start) FILTER (WHERE r.role = 'role'), []) AS roles,
    any_value(f.quote) FILTER (WHERE r.role = 'name') AS quote,
    any_value(f.page_start) FILTER (WHERE r.role = 'name') AS page_start,
    any_value(f.probability) FILTER (WHERE r.role = 'name') AS probability,
    any_value(f.finding_id) FILTER (WHERE r.role = 'name') AS finding_id
FROM core.records AS r
JOIN core.findings AS f USING (finding_id)
JOIN core.documents AS d ON d.document_id = r.document_id
WHERE r.kind = 'party' AND d.domain = 'legal' AND d.state = 'processed'
GROUP BY r.document_id, d.name, r.ordinal;
COMMENT ON VIEW legal.parties IS 'One row per party of each contract, with the names that the contract gives it.';
COMMENT ON COLUMN legal.parties.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN legal.parties.document IS 'File name.';
COMMENT ON COLUMN legal.parties.ordinal IS 'Number of the party in the contract, from 0, in reading order.';
COMMENT ON COLUMN legal.parties.party IS 'The name of the person or organisation.';
COMMENT ON COLUMN legal.parties.defined_names IS 'Roles and short names ("Distributor", "Google") that follow the name.';
COMMENT ON COLUMN legal.parties.roles IS 'Those of them that say what the party is ("Distributor"), not who.';
COMMENT ON COLUMN legal.parties.quote IS 'The words that name it.';
COMMENT ON COLUMN legal.parties.page_start IS 'Page of the quote, from 1.';
COMMENT ON COLUMN legal.parties.probability IS 'Calibrated probability of the finding.';
COMMENT ON COLUMN legal.parties.finding_id IS 'The finding (core.findings).';

CREATE OR REPLACE VIEW legal.clauses AS
SELECT r.document_id, d.name AS document, r.ordinal, f.field, c.label, f.quote, f.page_start, f.page_end,
    f.char_start, f.char_end, f.probability,
    (SELECT arg_max(array_to_string(s.path, ' > '), s.level) FROM core.sections AS s
     WHERE s.document_id = f.document_id AND s.char_start <= f.char_start AND f.char_start < s.char_end) AS section,
    f.finding_id
FROM core.records AS r
JOIN core.findings AS f USING (finding_id)
JOIN core.documents AS d ON d.document_id = r.document_id
LEFT JOIN core.fields AS c ON c.domain = 'legal' AND c.field = f.field
WHERE r.kind = 'clause' AND d.domain = 'legal' AND d.state = 'processed';
COMMENT ON VIEW legal.clauses IS 'One row per clause found, with its words and where they stand.';
COMMENT ON COLUMN legal.clauses.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN legal.clauses.document IS 'File name.';
COMMENT ON COLUMN legal.clauses.ordinal IS 'Number of the clause in the contract, from 0, in reading order.';
COMMENT ON COLUMN legal.clauses.field IS 'What kind of clause it is (core.fields).';
COMMENT ON COLUMN legal.clauses.label IS 'The kinds name in CUAD.';
COMMENT ON COLUMN legal.clauses.quote IS 'The clause, character for character.';
COMMENT ON COLUMN legal.clauses.page_start IS 'Page on which it begins, from 1.';
COMMENT ON COLUMN legal.clauses.page_end IS 'Page on which it ends.';
COMMENT ON COLUMN legal.clauses.char_start IS 'Where it begins in the documents text, from 0.';
COMMENT ON COLUMN legal.clauses.char_end IS 'One past its last character.';
COMMENT ON COLUMN legal.clauses.probability IS 'Calibrated probability that it is such a clause.';
COMMENT ON COLUMN legal.clauses.section IS 'The headings above it, outermost first; NULL where none was recognised.';
COMMENT ON COLUMN legal.clauses.finding_id IS 'The finding (core.findings).';

CREATE OR REPLACE VIEW legal.evidence AS
SELECT f.document_id, d.name AS document, f.field, c.label,
    coalesce(f.value_text, CAST(f.value_date AS VARCHAR), rtrim(rtrim(CAST(f.value_number AS VARCHAR), '0'), '.') || ' ' || f.value_unit) AS value,
    f.quote, f.page_start, f.page_end, f.char_start, f.char_end, f.probability, f.finding_id
FROM core.findings AS f
JOIN core.documents AS d USING (document_id)
LEFT JOIN core.fields AS c ON c.domain = 'legal' AND c.field = f.field
WHERE d.domain = 'legal' AND d.state = 'processed';
COMMENT ON VIEW legal.evidence IS 'One row per finding in a contract: the value as words beside the quote, page and probability that stand behind it.';
COMMENT ON COLUMN legal.evidence.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN legal.evidence.document IS 'File name.';
COMMENT ON COLUMN legal.evidence.field IS 'What was found (core.fields).';
COMMENT ON COLUMN legal.evidence.label IS 'The fields name in CUAD.';
COMMENT ON COLUMN legal.evidence.value IS 'The value in words; NULL where the quote does not resolve.';
COMMENT ON COLUMN legal.evidence.quote IS 'The documents own words.';
COMMENT ON COLUMN legal.evidence.page_start IS 'Page on which the quote begins, from 1.';
COMMENT ON COLUMN legal.evidence.page_end IS 'Page on which it ends.';
COMMENT ON COLUMN legal.evidence.char_start IS 'Where it begins in the documents text, from 0.';
COMMENT ON COLUMN legal.evidence.char_end IS 'One past its last character.';
COMMENT ON COLUMN legal.evidence.probability IS 'Calibrated probability of the finding.';
COMMENT ON COLUMN legal.evidence.finding_id IS 'The finding (core.findings).';

CREATE OR REPLACE VIEW legal.unresolved AS
SELECT f.document_id, d.name AS document, f.field, c.label,
    CASE WHEN regexp_matches(f.quote, '\[[\s*_.●•xX-]*\]|_{2,}|\*{2,}|●|\[\s*(?i:redacted)\s*\]') THEN 'redacted or left blank'
         ELSE 'no value in these words' END AS reason,
    f.quote, f.page_start, f.probability, f.finding_id
FROM core.findings AS f
JOIN core.documents AS d USING (document_id)
JOIN core.fields AS c ON c.domain = 'legal' AND c.field = f.field
WHERE d.domain = 'legal' AND d.state = 'processed' AND (c.kind IN ('date', 'duration', 'jurisdiction')
        OR c.kind = 'amount' AND regexp_matches(f.quote, '\[[\s*_.●•xX-]*\]|_{2,}|\*{2,}|●|\[\s*(?i:redacted)\s*\]'))
    AND f.value_text IS NULL AND f.value_date IS NULL AND f.value_number IS NULL AND f.value_code IS NULL
    AND NOT EXISTS (FROM core.findings AS o WHERE o.document_id = f.document_id AND o.field = f.field
        AND (o.value_text IS NOT NULL OR o.value_date IS NOT NULL OR o.value_number IS NOT NULL OR o.value_code IS NOT NULL));
COMMENT ON VIEW legal.unresolved IS 'One row per finding of a date, length, sum or law whose words give no value, where no other finding of the field gives one. Nothing is guessed: a person should read them.';
COMMENT ON COLUMN legal.unresolved.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN legal.unresolved.document IS 'File name.';
COMMENT ON COLUMN legal.unresolved.field IS 'What was found (core.fields).';
COMMENT ON COLUMN legal.unresolved.label IS 'The fields name in CUAD.';
COMMENT ON COLUMN legal.unresolved.reason IS 'redacted or left blank; or no value in these words.';
COMMENT ON COLUMN legal.unresolved.quote IS 'The documents own words.';
COMMENT ON COLUMN legal.unresolved.page_start IS 'Page on which the quote begins, from 1.';
COMMENT ON COLUMN legal.unresolved.probability IS 'Calibrated probability of the finding.';
COMMENT ON COLUMN legal.unresolved.finding_id IS 'The finding (core.findings).';

CREATE OR REPLACE VIEW legal.term_ends AS
WITH ending AS (
    SELECT document_id, name AS document, expiration_date, renewal_term_finding_id, notice_period_finding_id, expiration_date_finding_ids,
        CASE WHEN renewal_term_number IS NULL THEN 0 WHEN renewal_repeats THEN 200 ELSE 1 END AS most_renewals,
        CASE renewal_term_unit WHEN 'year' THEN CAST(floor(renewal_term_number * 12) AS INTEGER)
            WHEN 'month' THEN CAST(floor(renewal_term_number) AS INTEGER) ELSE 0 END AS renewal_months,
        CASE renewal_term_unit WHEN 'week' THEN CAST(floor(renewal_term_number * 7) AS INTEGER)
            WHEN 'day' THEN CAST(floor(renewal_term_number) AS INTEGER) ELSE 0 END AS renewal_days,
        CASE notice_period_unit WHEN 'year' THEN to_months(CAST(floor(notice_period_number * 12) AS INTEGER))
            WHEN 'month' THEN to_months(CAST(floor(notice_period_number) AS INTEGER))
            WHEN 'week' THEN to_days(CAST(floor(notice_period_number * 7) AS INTEGER))
            WHEN 'day' THEN to_days(CAST(floor(notice_period_number) AS INTEGER)) END AS notice
    FROM legal.contracts
    WHERE expiration_date IS NOT NULL
), possible AS (
    SELECT *, CAST(unnest(range(0, most_renewals + 1)) AS INTEGER) AS renewals
    FROM ending
), dated AS (
    SELECT *,
        CAST(expiration_date + to_months(renewal_months * renewals) + to_days(renewal_days * renewals) AS DATE) AS ends_on
    FROM possible
)
SELECT document_id, document, ends_on,
    CAST(ends_on - notice AS DATE) AS notice_by,
    renewals,
    renewals < most_renewals AS may_renew,
    list_concat(expiration_date_finding_ids, list_filter([
        CASE WHEN renewals > 0 THEN renewal_term_finding_id END,
        CASE WHEN notice IS NOT NULL THEN notice_period_finding_id END
    ], lambda id: id IS NOT NULL)) AS finding_ids
FROM dated;
COMMENT ON VIEW legal.term_ends IS 'One row per end that a contract''s term has or can have: of the initial term, and of each renewal after it (200 where they follow one another without end). Knows no present day.';
COMMENT ON COLUMN legal.term_ends.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN legal.term_ends.document IS 'File name.';
COMMENT ON COLUMN legal.term_ends.ends_on IS 'The end of the initial term, or of a renewal.';
COMMENT ON COLUMN legal.term_ends.notice_by IS 'The last day to give notice before ends_on; NULL where no notice period was read.';
COMMENT ON COLUMN legal.term_ends.renewals IS 'How many renewals lie before ends_on; 0 for the initial term.';
COMMENT ON COLUMN legal.term_ends.may_renew IS 'Whether the contract provides for a renewal after ends_on.';
COMMENT ON COLUMN legal.term_ends.finding_ids IS 'All that the two dates rest on: term, start, renewal and notice period (core.findings).';

CREATE OR REPLACE VIEW legal.deadlines AS
SELECT document_id, document, ends_on, notice_by, renewals, finding_ids
FROM legal.term_ends
WHERE coalesce(notice_by, ends_on) >= current_date
QUALIFY row_number() OVER (PARTITION BY document_id ORDER BY ends_on, renewals) = 1;
COMMENT ON VIEW legal.deadlines IS 'One row per contract that still can end: the next end of its term from today, and the last day to give notice before it. Assumes that the contract was renewed until now.';
COMMENT ON COLUMN legal.deadlines.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN legal.deadlines.document IS 'File name.';
COMMENT ON COLUMN legal.deadlines.ends_on IS 'The next end of the term whose notice day is not past: that of the initial term, or of a renewal.';
COMMENT ON COLUMN legal.deadlines.notice_by IS 'The last day to give notice before ends_on; NULL where no notice period was read.';
COMMENT ON COLUMN legal.deadlines.renewals IS 'How many renewals lie before ends_on; 0 for the initial term.';
COMMENT ON COLUMN legal.deadlines.finding_ids IS 'All that the two dates rest on: term, start, renewal and notice period (core.findings).';

CREATE OR REPLACE VIEW legal.section_references AS
WITH cited AS (
    SELECT f.document_id, d.name AS document, f.field, f.finding_id, f.page_start,
        unnest(list_distinct(list_transform(
            regexp_extract_all(f.quote, '(?i:sections?|articles?|clauses?|paragraphs?|§)\s*\(?([0-9]+(?:\.[0-9]+)*|[IVXLC]+\b)', 1),
            lambda number: upper(number)))) AS cited_number
    FROM core.findings AS f
    JOIN core.documents AS d USING (document_id)
    WHERE d.domain = 'legal' AND d.state = 'processed'
), numbered AS (
    SELECT document_id, ordinal, array_to_string(path, ' > ') AS section, char_start,
        upper(regexp_extract(title, '^(?i:section|article|clause|§)?\s*([0-9]+(?:\.[0-9]+)*|[IVXLC]+\b)', 1)) AS number
    FROM core.sections
), linked AS (
    SELECT c.finding_id, c.cited_number, arg_max(n.ordinal, len(n.number) * 100000 - n.ordinal) AS ordinal
    FROM cited AS c
    JOIN numbered AS n ON n.document_id = c.document_id AND n.number <> ''
        AND (n.number = c.cited_number OR starts_with(c.cited_number, n.number || '.'))
    GROUP BY c.finding_id, c.cited_number
)
SELECT c.document_id, c.document, c.field, c.finding_id, c.page_start, c.cited_number, l.ordinal AS section_ordinal, n.section
FROM cited AS c
LEFT JOIN linked AS l ON l.finding_id = c.finding_id AND l.cited_number = c.cited_number
LEFT JOIN numbered AS n ON n.document_id = c.document_id AND n.ordinal = l.ordinal;
COMMENT ON VIEW legal.section_references IS 'One row per section that a clause points to ("except as set out in Section 9"), linked to the section itself.';
COMMENT ON COLUMN legal.section_references.document_id IS 'The document (core.documents).';
COMMENT ON COLUMN legal.section_references.document IS 'File name.';
COMMENT ON COLUMN legal.section_references.field IS 'The field of the finding that points there (core.fields).';
COMMENT ON COLUMN legal.section_references.finding_id IS 'The finding that points there (core.findings).';
COMMENT ON COLUMN legal.section_references.page_start IS 'Page on which that finding begins, from 1.';
COMMENT ON COLUMN legal.section_references.cited_number IS 'The number as cited: 9, 9.2, IV.';
COMMENT ON COLUMN legal.section_references.section_ordinal IS 'The section (core.sections), or the one around it where the cited number has no heading of its own; NULL where there is neither.';
COMMENT ON COLUMN legal.section_references.section IS 'The headings above and of that section, outermost first.';
