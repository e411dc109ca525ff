"""Real contract wordings to typed values: what must be read, and what must not be guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_models.legal import DOMAIN
from domain_models.legal.dates import find_dates
from schemas.finding import Value


def value(field: str, quote: str) -> Value | None:
    return DOMAIN.normalise(DOMAIN.fields_by_name[field], quote)


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("this 3rd day of March, 2025", date(2025, 3, 3)),
        ("as of January 1, 2014", date(2014, 1, 1)),
        ("1 August 2011", date(2011, 8, 1)),
        ("2/10/14", None),  # February or October
        ("dated 03/04/2020", None),
        ("03/04/2020 (3 April 2020)", date(2020, 4, 3)),
        ("1.4.2011", date(2011, 4, 1)),
        ("25-Mar-09", date(2009, 3, 25)),
        ("the last day of February, 2024", date(2024, 2, 29)),
        ("made between 1 March 2012 and 5 March 2012", None),
        ("dated 03/04/2020, amending the Lease dated May 1, 2012", None),
        ("13/07/05", date(2005, 7, 13)),
        ("12-23-2019", date(2019, 12, 23)),
        ("9/9/97", date(1997, 9, 9)),
        ("the 15th day of the month of May 2008", date(2008, 5, 15)),
        ("17t h day of February 2016", date(2016, 2, 17)),
        ("20th day of Friday, March 2020", date(2020, 3, 20)),
        ("April. 1st 2019", date(2019, 4, 1)),
        ("October 1,1996", date(1996, 10, 1)),
        ("19 Jan. 1998", date(1998, 1, 19)),
        ("this fifth day of November, two thousand and nineteen", date(2019, 11, 5)),
        ("November 12, in the year 2019", date(2019, 11, 12)),
        ("2019-03-04", date(2019, 3, 4)),
        ("[___]", None),
        ("[***]", None),
        ("[●]", None),
        ("____ day of May, 2000", None),
        ("April __, 2005", None),
        ("14 day of SEPTEMBER, 200_", None),
        ("this  day of , 2012", None),
        ("the 5th day of May", None),
        ("9th day of September 200", None),
        ("February 30, 2020", None),
        ("May 1, 2012 and June 1, 2013", None),
    ],
)
def test_a_date_is_read_whole_or_not_at_all(quote: str, expected: date | None) -> None:
    found = value("agreement_date", quote)
    assert (found.date if found else None) == expected


@given(
    st.dates(date(1970, 1, 1), date(2059, 12, 31)), st.sampled_from(["%B %d, %Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d"])
)
def test_every_written_date_is_read_back(day: date, shape: str) -> None:
    assert [found.date for found in find_dates(f"effective as of {day.strftime(shape)} (the date)")] == [day]


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("This letter agreement will be effective as of July 1, 2018.", Value(date=date(2018, 7, 1))),
        (
            "This Agreement shall become effective as of the day and year first above written.",
            Value(text="agreement date"),
        ),
        ('"Effective Date" has the meaning of the "Closing Date" set forth in the Investment Agreement.', None),
        ("The Term shall end as of December 31, 2000.", None),
        ("shall be effective upon the last date of signature by the parties", None),
        ("shall be the later of July 1, 2015 and the date on which the Product is approved.", None),
        ("effective the earlier of (i) May 1, 2012 or (ii) first shipment", None),
        ("effective on the later of May 1, 2012 and June 1, 2012", Value(date=date(2012, 6, 1))),
        ("effective May 1, 2012 or upon approval, whichever is first", None),
        ("effective May 1, 2012, June 1, 2012 or July 1, 2012, whichever is first", None),
        ("shall take effect five (5) days after January 10, 2017", None),
        ("effective on the Closing under the Purchase Agreement dated June 6, 2011", None),
        (
            "entered into pursuant to the MSA effective June 1, 2010 and is effective as of June 1, 2012",
            Value(date=date(2012, 6, 1)),
        ),
    ],
)
def test_the_effective_date_is_a_date_or_points_to_the_agreement_date(quote: str, expected: Value | None) -> None:
    assert value("effective_date", quote) == expected


def term(number: int, unit: str, start: str) -> Value:
    words = f"{number} {unit}{'' if number == 1 else 's'} from {start.replace('_', ' ')}"
    return Value(text=words, number=Decimal(number), unit=unit, code=start, code_system="term_start")


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("This Agreement shall continue until January 18, 2022.", Value(date=date(2022, 1, 18))),
        ('"Expiration Date" means March 31, 2020.', Value(date=date(2020, 3, 31))),
        ("terminates on the earlier of December 31, 2025 or completion of the Services", None),
        ("shall continue until the later of June 30, 2024 and the delivery of all Products", None),
        ("until December 31, 2025 or completion of the Services, whichever is first", None),
        ("for five (5) years or until June 30, 2030, whichever occurs later", None),
        ("expires on the earlier to occur of May 1, 2024 or the sale of the Property", None),
        ("expires on the earlier of May 1, 2024 or May 1, 2025", Value(date=date(2024, 5, 1))),
        ("will end on the later of (i) June 1, 2024 and (ii) July 1, 2025", Value(date=date(2025, 7, 1))),
        ("until March 31, 2020 or June 30, 2020, whichever is later", Value(date=date(2020, 6, 30))),
        ("until the earlier of May 1, 2024, June 1, 2024 or the sale of the Property", None),
        ("shall continue until May 1, 2024, unless sooner terminated", Value(date=date(2024, 5, 1))),
        (
            "will begin on December 15, 1997 and will end the later of (i) December 15, 1999 or (ii) delivery",
            Value(date=date(1999, 12, 15)),
        ),
        (
            "This Agreement will be in effect for three (3) years from the Effective Date unless terminated earlier.",
            term(3, "year", "effective_date"),
        ),
        (
            "The initial term shall be five (5) years from the date of execution and may be extended, to be agreed two"
            " (2) months prior to the expiration.",
            term(5, "year", "agreement_date"),
        ),
        ("shall end on the seventh anniversary of the date hereof.", term(7, "year", "agreement_date")),
        ("shall continue for one (1) year following the Launch Date", term(1, "year", "other_event")),
        (
            "The effective term is 12 months beginning March 1, 2005.",
            Value(date=date(2006, 3, 1), number=Decimal(12), unit="month"),
        ),
        ("this Agreement shall continue indefinitely.", Value(text="perpetual")),
        ("will continue until terminated by either party upon 30 days notice", Value(text="perpetual")),
        ("until the end of the fifteenth (15th) Contract Year", None),
        ("for a period of [*****] years, terminating the [*****] day of [*****].", None),
        ("a term of thirty (60) months", None),
        ("shall be in effect until 03/04/2025", None),
        ("for three years from 03/04/2025", term(3, "year", "other_event")),
        (
            "expire upon the later of (a) the conclusion of the season and (b) June 1, 2023",
            Value(date=date(2023, 6, 1)),
        ),
        ("ten years plus one day from the Effective Date", None),
        ("a term of one year and six months from the Effective Date", term(18, "month", "effective_date")),
        ("The confidentiality obligations survive for five years after termination.", None),
        ("unless sooner terminated, shall continue until the expiration of the Royalty Term", None),
        ("shall expire upon completion of the Project, unless terminated earlier", None),
        ("unless terminated as set out here, shall continue for the Service Period", None),
        ("unless terminated earlier under Section 3, will end on the Expiration Date set forth in the Addendum", None),
        ("shall continue until the Conversion Date unless terminated", None),
    ],
)
def test_expiration_is_a_date_a_term_with_its_start_or_perpetual(quote: str, expected: Value | None) -> None:
    assert value("expiration_date", quote) == expected


@pytest.mark.parametrize(
    ("field", "quote", "expected"),
    [
        ("renewal_term", "shall automatically be renewed for successive 1-year terms", (1, "year")),
        ("renewal_term", "automatically renew for subsequent one (1) year periods unless 30 days prior", (1, "year")),
        (
            "renewal_term",
            "shall continue for five (5) years (the \u201cInitial Term\u201d) after which it may be extended on mutual agreement",
            None,
        ),
        (
            "renewal_term",
            "shall remain in full force and effect until one (1) year subsequent to the Effective Date",
            None,
        ),
        (
            "renewal_term",
            "may be extended on a yearly basis up to ten (10) years, provided that the Term shall be no more than fifteen (15) "
            "years in total",
            (1, "year"),
        ),
        ("renewal_term", "up to three (3) additional periods of twelve (12) months by written notice", (12, "month")),
        ("renewal_term", "shall continue on a month to month basis until thirty (30) days prior notice", (1, "month")),
        ("renewal_term", "successive additional 3~year periods", (3, "year")),
        ("renewal_term", "successive one (I) year terms", (1, "year")),
        ("renewal_term", "extended for an additional period of half a year", (6, "month")),
        ("renewal_term", "The initial term is two (2) years; it renews for the same period", (2, "year")),
        ("renewal_term", "renewed for periods of [***] years", None),
        ("renewal_term", "tacitly renewed for periods of one (1) full calendar quarter", (3, "month")),
        ("renewal_term", "first renewal term of three years and subsequent renewal terms of one year", None),
        ("renewal_term", "renew for either one or two years, as the Buyer elects", None),
        ("renewal_term", "may be extended on a yearly basis up to ten (10) years", (1, "year")),
        ("renewal_term", "may be extended for up to three (3) years by agreement", (3, "year")),
        ("notice_period_to_terminate_renewal", "between 90 and 120 days before the end of the term", None),
        ("notice_period_to_terminate_renewal", "six (6) or more months prior to the end", (6, "month")),
        ("notice_period_to_terminate_renewal", "30-60 days before the end of the term", None),
        (
            "notice_period_to_terminate_renewal",
            "not fewer than forty-five (45) nor more than ninety (90) days prior to the expiration",
            (45, "day"),
        ),
        ("notice_period_to_terminate_renewal", "at least 10 business days before the end", (10, "business day")),
        (
            "notice_period_to_terminate_renewal",
            "by Licensor on 60 days' notice or by Licensee on 30 days' notice",
            None,
        ),
        (
            "warranty_duration",
            "for eighteen (18) months from shipment or twelve (12) months from installation, whichever is earlier",
            None,
        ),
        ("notice_period_to_terminate_renewal", "ninety (90) days prior written notice", (90, "day")),
        ("notice_period_to_terminate_renewal", "sixty (60) days", (60, "day")),
        (
            "notice_period_to_terminate_renewal",
            "renewed for another five (5) years unless the parties confirm termination",
            None,
        ),
        (
            "notice_period_to_terminate_renewal",
            "The term is twelve (12) months from the date hereof, and will be automatically renewed for one (1) additional "
            "twelve month period unless either party shall notify the other of its intention not to renew.",
            None,
        ),
        ("notice_period_to_terminate_renewal", "at least one hundred twenty (120) days advance notice", (120, "day")),
        (
            "notice_period_to_terminate_renewal",
            "renews for two (2) year terms unless notice of non-renewal is given no less than 6 months prior",
            (6, "month"),
        ),
        ("notice_period_to_terminate_renewal", "notice [*****] prior to the expiry", None),
        ("warranty_duration", "warrants for a period of one (1) year from the date of delivery", (1, "year")),
        ("warranty_duration", "a warranty period of 12 months for parts and for 24 months for labour", None),
        ("warranty_duration", "shall end [*****] thereafter", None),
        ("warranty_duration", "in no event later than three (3) days after the order, confirm its acceptance", None),
        ("warranty_duration", "shall accept or reject the Products within a ten (10) day evaluation period", None),
        (
            "warranty_duration",
            "Within 15 working days upon receiving the Claim Notice, the Manufacturer shall respond",
            None,
        ),
        ("warranty_duration", "defects that appear within twelve (12) months after delivery", (12, "month")),
        ("warranty_duration", "For ninety (90) days after delivery Developer warrants the media", (90, "day")),
    ],
)
def test_lengths_of_time_keep_their_unit(field: str, quote: str, expected: tuple[int, str] | None) -> None:
    found = value(field, quote)
    assert (found and (found.number, found.unit)) == expected


@pytest.mark.parametrize(
    ("quote", "name", "code"),
    [
        ("governed by the laws of the State of Delaware without regard to conflicts", "Delaware", "US-DE"),
        ("THE LAWS OF THE STATE OF NEW YORK, WITHOUT REGARD", "New York", "US-NY"),
        ("construed in accordance with English law", "England", "GB-ENG"),
        ("the laws of England and Wales and the Courts of England", "England and Wales", "GB-EAW"),
        ("governed by the laws of the People's Republic of China", "China", "CN"),
        ("by the laws of the PRC", "China", "CN"),
        ("laws of the Province of Ontario and the federal laws of Canada applicable therein", "Ontario", "CA-ON"),
        ("the laws of Victoria, Australia and the courts of New South Wales", "Victoria", "AU-VIC"),
        ("the substantive laws of the state of New York and of the United States", "New York", "US-NY"),
        ("the law of the Federal Republic of Germany applies", "Germany", "DE"),
        ("Swiss substantive law", "Switzerland", "CH"),
        ("pursuant to the laws of the R.O.C..", "Taiwan", "TW"),
        ("has been made in the State of California and shall be governed by the laws thereof", "California", "US-CA"),
        ("the laws of Florida; Franchisee is formed under the laws of the Republic of Poland", "Florida", "US-FL"),
        ("the laws of the State of Georgia", "Georgia", "US-GA"),
        ("the laws of the Republic of Georgia", "Georgia", "GE"),
        ("the laws of Georgia; disputes are heard in Tbilisi", "Georgia", "GE"),
        ("the laws of Georgia and the courts of Fulton County", "Georgia", "US-GA"),
        ("governed by the laws of Georgia", "Georgia", None),
        ("the laws of California and the laws of Hong Kong", "California; Hong Kong", None),
    ],
)
def test_the_governing_place_has_its_code(quote: str, name: str, code: str | None) -> None:
    assert value("governing_law", quote) == Value(name, code=code, code_system="ISO 3166" if code else None)


@pytest.mark.parametrize(
    "quote",
    ["the courts located in Texas shall have jurisdiction", "governed by the laws of [***]", "arbitration in Paris"],
)
def test_a_place_of_courts_does_not_govern(quote: str) -> None:
    assert value("governing_law", quote) is None


@pytest.mark.parametrize(
    ("field", "quote", "expected"),
    [
        ("cap_on_liability", "liability shall not exceed $250,000.00 in the aggregate", ("250000.00", "USD")),
        ("cap_on_liability", "up to a maximum of (and must not exceed) $5m", ("5000000", "USD")),
        ("cap_on_liability", "a fee of $100 is due; liability is limited to €1.5 million", ("1500000.0", "EUR")),
        ("cap_on_liability", "shall not exceed $[***]", None),
        ("cap_on_liability", "liable for $100 or $200", None),
        ("cap_on_liability", "not liable for any indirect or consequential damages", None),
        ("minimum_commitment", "three million U.S. dollars ($3,000,000) per year", ("3000000", "USD")),
        ("minimum_commitment", "a minimum purchase of RMB 10,000,000", ("10000000", "CNY")),
        ("minimum_commitment", "at least 375 units in the first year", None),
        ("cap_on_liability", "the greater of $500,000 and the fees paid in the preceding 12 months", None),
        ("cap_on_liability", "shall not exceed the lesser of (i) the price paid or (ii) $500,000", None),
        ("cap_on_liability", "shall not exceed $500,000 or the fees paid, whichever is greater", None),
        ("cap_on_liability", "shall not exceed 50% of the fees to a maximum of $1,000,000", ("1000000", "USD")),
        ("cap_on_liability", "shall not exceed two (2) times the annual fee of $120,000", None),
        ("cap_on_liability", "shall not exceed one million dollars ($2,000,000)", None),
        (
            "cap_on_liability",
            "in excess of two million five hundred thousand United States Dollars",
            ("2500000", "USD"),
        ),
        ("cap_on_liability", "is capped at CAD$250,000 in the aggregate", ("250000", "CAD")),
        ("cap_on_liability", "shall not exceed CHF 1'500'000", ("1500000", "CHF")),
        ("cap_on_liability", "liability shall not exceed $5OO,000", None),
        ("cap_on_liability", "shall not exceed EUR 1.5 Mio.", ("1500000", "EUR")),
        ("cap_on_liability", "HK$8,000,000 shall be the maximum aggregate liability", ("8000000", "HKD")),
        ("cap_on_liability", "Except for claims under $5,000, liability shall be unlimited", None),
        ("minimum_commitment", "minimum monthly guarantee of INR 3,50,000", ("350000", "INR")),
        ("minimum_commitment", "must buy at least fifty (50) licences at $400 each", None),
        ("minimum_commitment", "subject to a minimum charge of $35.00 per load", None),
        ("minimum_commitment", "shall purchase at least 10,000 pounds of product", None),
    ],
)
def test_sums_carry_their_currency(field: str, quote: str, expected: tuple[str, str] | None) -> None:
    found = value(field, quote)
    assert (found and (found.number, found.unit)) == (expected and (Decimal(expected[0]), expected[1]))


def test_other_fields_say_yes_and_names_lose_their_trimmings() -> None:
    assert value("audit_rights", "shall have the right to inspect the books") == Value(text="yes")
    assert value("document_name", "SUPPLY AGREEMENT THIS SUPPLY AGREEMENT is") == Value(text="SUPPLY AGREEMENT")
    assert value("document_name", ' "SUPPLY \n AGREEMENT". ') == Value(text="SUPPLY AGREEMENT")


@pytest.mark.parametrize("field", [field.name for field in DOMAIN.fields])
@pytest.mark.timeout(120)  # a pattern that backtracks without end never comes back
def test_a_very_long_quote_comes_to_an_end(field: str) -> None:
    quote = "terminate on the notice of successive (the law of the State of until $1 " * 400 + "May 5, 2020"
    assert isinstance(value(field, quote), Value | None)


def test_a_renewal_without_end_is_not_as_long_as_the_initial_term() -> None:
    quote = 'extend for three (3) years thereafter ("INITIAL TERM"), with an automatic renewal for an indefinite period of time'
    assert value("renewal_term", quote) == Value(text="perpetual")
