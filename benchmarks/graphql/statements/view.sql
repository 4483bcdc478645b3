-- The answer to documents/view.graphql for the customer $1, as somebody writes it who tunes one document by hand.
SELECT json_build_object(
  'id', encode(convert_to('Customer:' || c.id, 'UTF8'), 'base64'), 'kind', c.kind, 'name', c.name, 'givenName', c.given_name,
  'familyName', c.family_name, 'birthDate', c.birth_date, 'language', c.language, 'status', c.status,
  'customerNumber', c.customer_number, 'version', c.version,
  'createdAt', to_char(c.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'updatedAt', to_char(c.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'identifiers', (SELECT coalesce(json_agg(json_build_object('system', i.system, 'externalId', i.external_id)
      ORDER BY i.system, i.external_id), '[]') FROM customer_identifier i WHERE i.customer_id = c.id),
  'contactMedia', (SELECT coalesce(json_agg(json_build_object(
      'id', encode(convert_to('ContactMedium:' || m.id, 'UTF8'), 'base64'), 'kind', m.kind, 'value', m.value,
      'normalised', m.normalised, 'preferred', m.preferred, 'source', m.system,
      'asOf', to_char(m.as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) ORDER BY m.preferred DESC, m.id DESC), '[]')
    FROM contact_medium m WHERE m.customer_id = c.id),
  'addresses', (SELECT coalesce(json_agg(json_build_object(
      'id', encode(convert_to('PostalAddress:' || a.id, 'UTF8'), 'base64'), 'street', a.street, 'houseNumber', a.house_number,
      'postalCode', a.postal_code, 'locality', a.locality, 'country', a.country, 'preferred', a.preferred, 'source', a.system,
      'asOf', to_char(a.as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) ORDER BY a.preferred DESC, a.id DESC), '[]')
    FROM postal_address a WHERE a.customer_id = c.id),
  'segments', (SELECT coalesce(json_agg(json_build_object('name', s.segment, 'source', s.system,
      'since', to_char(s.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) ORDER BY s.segment, s.system), '[]')
    FROM customer_segment s WHERE s.customer_id = c.id),
  'consents', (SELECT coalesce(json_agg(json_build_object('purpose', n.purpose, 'channel', n.channel, 'status', n.status,
      'legalBasis', n.legal_basis, 'source', n.system) ORDER BY n.as_of DESC, n.id DESC), '[]')
    FROM consent n WHERE n.customer_id = c.id AND NOT n.deleted),
  'productHoldings', (SELECT coalesce(json_agg(json_build_object(
      'id', encode(convert_to('ProductHolding:' || h.id, 'UTF8'), 'base64'), 'product', h.product, 'quantity', h.quantity::text,
      'activeFrom', h.active_from, 'source', h.system) ORDER BY h.as_of DESC, h.id DESC), '[]')
    FROM product_holding h WHERE h.customer_id = c.id AND NOT h.deleted),
  'orders', (SELECT json_build_object('edges', coalesce(json_agg(json_build_object('node', json_build_object(
      'id', encode(convert_to('SalesOrder:' || o.id, 'UTF8'), 'base64'), 'number', o.number, 'state', o.state,
      'orderedOn', o.ordered_on, 'currency', o.currency, 'total', o.total::text, 'source', o.system,
      'asOf', to_char(o.as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'lines', (SELECT coalesce(json_agg(json_build_object('position', l.position, 'product', l.product,
          'quantity', l.quantity::text, 'amount', l.amount::text) ORDER BY l.position), '[]')
        FROM sales_order_line l WHERE l.order_id = o.id))) ORDER BY o.place) FILTER (WHERE o.place <= 5), '[]'),
      'pageInfo', json_build_object('hasNextPage', count(*) > 5, 'endCursor', max(o.id::text) FILTER (WHERE o.place = 5)))
    FROM (SELECT *, row_number() OVER (ORDER BY as_of DESC, id DESC) AS place FROM sales_order
      WHERE customer_id = c.id AND NOT deleted ORDER BY as_of DESC, id DESC LIMIT 6) o),
  'requests', (SELECT json_build_object('edges', coalesce(json_agg(json_build_object('node', json_build_object(
      'id', encode(convert_to('BusinessRequest:' || r.id, 'UTF8'), 'base64'), 'kind', r.kind, 'state', r.state,
      'running', r.state IN ('ACKNOWLEDGED', 'PENDING', 'IN_PROGRESS', 'HELD', 'ASSESSING_CANCELLATION', 'PENDING_CANCELLATION'),
      'number', r.number, 'subject', r.subject, 'openedAt', to_char(r.opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'dueAt', to_char(r.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'source', r.system))
      ORDER BY r.as_of DESC, r.id DESC), '[]'))
    FROM (SELECT * FROM business_request WHERE customer_id = c.id AND NOT deleted ORDER BY as_of DESC, id DESC LIMIT 3) r),
  'leads', (SELECT json_build_object('edges', coalesce(json_agg(json_build_object('node', json_build_object(
      'id', encode(convert_to('SalesLead:' || d.id, 'UTF8'), 'base64'), 'name', d.name, 'state', d.state, 'rating', d.rating,
      'amount', d.amount::text, 'currency', d.currency, 'source', d.system,
      'asOf', to_char(d.as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))) ORDER BY d.as_of DESC, d.id DESC), '[]'))
    FROM (SELECT * FROM sales_lead WHERE customer_id = c.id AND NOT deleted ORDER BY as_of DESC, id DESC LIMIT 3) d)
) AS answer
FROM customer c WHERE c.id = $1
