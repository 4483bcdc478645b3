-- The answer to documents/page.graphql.
SELECT json_build_object('edges', json_agg(json_build_object('cursor', c.id, 'node', json_build_object(
      'id', encode(convert_to('Customer:' || c.id, 'UTF8'), 'base64'), 'name', c.name, 'status', c.status,
      'identifiers', (SELECT coalesce(json_agg(json_build_object('system', i.system, 'externalId', i.external_id)
          ORDER BY i.system, i.external_id), '[]') FROM customer_identifier i WHERE i.customer_id = c.id),
      'contactMedia', (SELECT coalesce(json_agg(json_build_object('kind', m.kind, 'value', m.value)
          ORDER BY m.preferred DESC, m.id DESC), '[]') FROM contact_medium m WHERE m.customer_id = c.id)))
    ORDER BY c.place) FILTER (WHERE c.place <= 50),
  'pageInfo', json_build_object('hasNextPage', count(*) > 50, 'endCursor', max(c.id::text) FILTER (WHERE c.place = 50))) AS answer
FROM (SELECT *, row_number() OVER (ORDER BY search, id) AS place FROM customer WHERE NOT deleted ORDER BY search, id LIMIT 51) c
