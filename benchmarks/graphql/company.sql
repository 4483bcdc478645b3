-- :customers customers written straight into the hub's tables. Every :every-th has all that a customer view shows, a
-- tenth of these as long lists as there are; the others are lighter, so that a million of them fit on a disk: one
-- order, two ways to reach them, one address, one entry of contact history.
-- Every value follows from the number, so that all servers can be held to the same answer.

INSERT INTO connected_system (name, adapter, roles)
SELECT name, 'memory', ARRAY[upper(name)] FROM unnest(ARRAY['crm', 'lms', 'cm']) AS name;

CREATE TEMP TABLE c AS
SELECT n, md5('customer' || n)::uuid AS id, n % :every = 0 AS whole, n % (10 * :every) = 0 AS longest FROM generate_series(1, :customers) AS n;

INSERT INTO customer (id, kind, name, given_name, family_name, birth_date, language, status, customer_number, search,
  version, digest, created_at, updated_at)
SELECT id, 'PERSON', 'Sanne de Vries-' || n, 'Sanne', 'de Vries-' || n, date '1960-01-01' + n % 15000, 'nl',
  CASE n % 5 WHEN 0 THEN 'gold' ELSE 'silver' END, 'K' || n, 'sanne de vries-' || n, 1, '\x00',
  timestamptz '2026-01-01 00:00:00Z' + n % 86400 * interval '1 second', timestamptz '2026-02-01 00:00:00Z' FROM c;

INSERT INTO customer_identifier (system, external_id, customer_id, since)
SELECT s.name, n::text, id, timestamptz '2026-01-01Z'
FROM c CROSS JOIN unnest(ARRAY['crm', 'lms', 'cm']) AS s(name) WHERE whole OR s.name = 'crm';

INSERT INTO contact_medium (id, customer_id, kind, value, normalised, label, preferred, system, external_id, child_id, as_of)
SELECT md5('medium' || n || '.' || k)::uuid, id, CASE WHEN k % 2 = 1 THEN 'EMAIL' ELSE 'PHONE' END,
  CASE WHEN k % 2 = 1 THEN 'sanne' || n || '.' || k || '@example.com' ELSE '06-' || lpad((n * 4 + k)::text, 8, '0') END,
  CASE WHEN k % 2 = 1 THEN 'sanne' || n || '.' || k || '@example.com' ELSE '+316' || lpad((n * 4 + k)::text, 8, '0') END,
  NULL, k = 1, 'crm', n::text, k::text, timestamptz '2026-01-15 08:00:00Z' + k * interval '1 hour'
FROM c CROSS JOIN generate_series(1, 4) AS k WHERE whole OR k <= 2;

INSERT INTO postal_address (id, customer_id, street, house_number, postal_code, locality, country, preferred, system,
  external_id, child_id, as_of)
SELECT md5('address' || n || '.' || k)::uuid, id, 'Kerkstraat', (n % 200 + k)::text, lpad((1000 + n % 9000)::text, 4, '0') || ' AB',
  'Utrecht', 'NL', k = 1, 'crm', n::text, k::text, timestamptz '2026-01-15 08:00:00Z'
FROM c CROSS JOIN generate_series(1, 2) AS k WHERE whole OR k = 1;

INSERT INTO customer_segment (customer_id, segment, system, since)
SELECT id, 'Segment ' || k, 'cm', timestamptz '2026-01-20 00:00:00Z' FROM c CROSS JOIN generate_series(1, 3) AS k WHERE whole;

INSERT INTO consent (id, system, external_id, owner, customer_id, deleted, as_of, observed_at, version, purpose, channel, status,
  legal_basis)
SELECT md5('consent' || n || '.' || k)::uuid, 'cm', n || '.' || k, n::text, id, false,
  timestamptz '2026-01-20 00:00:00Z' + k * interval '1 minute', timestamptz '2026-01-21Z', 1, 'offers',
  (ARRAY['EMAIL', 'PHONE', 'POST', 'SMS'])[k], 'GRANTED', 'CONSENT' FROM c CROSS JOIN generate_series(1, 4) AS k WHERE whole;

INSERT INTO product_holding (id, system, external_id, owner, customer_id, deleted, as_of, observed_at, version, product, quantity,
  active_from)
SELECT md5('holding' || n || '.' || k)::uuid, 'crm', n || '.' || k, n::text, id, false,
  timestamptz '2026-01-20 00:00:00Z' + k * interval '1 minute', timestamptz '2026-01-21Z', 1, 'Product ' || k, k, date '2025-01-01'
FROM c CROSS JOIN generate_series(1, 3) AS k WHERE whole;

CREATE TEMP TABLE o AS
SELECT n, k, id AS customer_id, md5('order' || n || '.' || k)::uuid AS id
FROM c CROSS JOIN generate_series(1, 60) AS k WHERE k = 1 OR (whole AND (k <= 8 OR longest));

INSERT INTO sales_order (id, system, external_id, owner, customer_id, deleted, as_of, observed_at, version, number, state, ordered_on,
  currency, total)
SELECT id, 'crm', n || '.' || k, n::text, customer_id, false, timestamptz '2026-01-10 00:00:00Z' + k * interval '1 hour',
  timestamptz '2026-01-21Z', 1, 'S' || n || '-' || k, CASE k % 2 WHEN 0 THEN 'COMPLETED' ELSE 'IN_PROGRESS' END,
  date '2025-06-01' + k, 'EUR', (n % 1000 + k) + 0.50 FROM o;

INSERT INTO timeline_entry (id, customer_id, at, kind, channel, subject)
SELECT md5('entry' || n || '.' || k)::uuid, customer_id, timestamptz '2026-01-10 09:00:00Z' + k * interval '1 hour',
  (ARRAY['SESSION_STARTED', 'REQUEST_OPENED', 'SESSION_ENDED'])[k % 3 + 1], (ARRAY['call-centre', 'web', 'app'])[k % 3 + 1],
  'What it was about ' || k FROM o;

INSERT INTO sales_order_line (order_id, position, external_id, product, quantity, unit_price, amount)
SELECT id, p, n || '.' || k || '.' || p, 'Product ' || p, p, 9.95, p * 9.95
FROM o CROSS JOIN generate_series(1, 3) AS p WHERE k <= 8;

INSERT INTO business_request (id, system, external_id, owner, customer_id, deleted, as_of, observed_at, version, kind, state, number,
  subject, opened_at, due_at)
SELECT md5('request' || n || '.' || k)::uuid, 'crm', n || '.' || k, n::text, id, false,
  timestamptz '2026-01-20 00:00:00Z' + k * interval '1 hour', timestamptz '2026-01-21Z', 1, 'SERVICE',
  CASE k % 2 WHEN 0 THEN 'COMPLETED' ELSE 'IN_PROGRESS' END, 'R' || n || '-' || k, 'A question',
  timestamptz '2026-01-19 09:00:00Z', timestamptz '2026-01-22 09:00:00Z' FROM c CROSS JOIN generate_series(1, 4) AS k WHERE whole;

INSERT INTO sales_lead (id, system, external_id, owner, customer_id, deleted, as_of, observed_at, version, number, name, state, rating,
  amount, currency, probability)
SELECT md5('lead' || n || '.' || k)::uuid, 'lms', n || '.' || k, n::text, id, false,
  timestamptz '2026-01-20 00:00:00Z' + k * interval '1 hour', timestamptz '2026-01-21Z', 1, 'L' || n || '-' || k, 'Fibre ' || k,
  'IN_PROGRESS', 'WARM', 100 * k + 0.25, 'EUR', 40 FROM c CROSS JOIN generate_series(1, 4) AS k WHERE whole;
