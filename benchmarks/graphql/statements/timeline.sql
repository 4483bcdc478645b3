-- The answer to documents/timeline.graphql for the customer $1.
SELECT json_build_object('orders', (
  SELECT json_build_object('edges', coalesce(json_agg(json_build_object('cursor', o.id, 'node', json_build_object(
      'id', encode(convert_to('SalesOrder:' || o.id, 'UTF8'), 'base64'), 'number', o.number, 'state', o.state,
      'orderedOn', o.ordered_on, 'currency', o.currency, 'total', o.total::text, 'source', o.system,
      'asOf', to_char(o.as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))) ORDER BY o.place)
      FILTER (WHERE o.place <= 50), '[]'),
    'pageInfo', json_build_object('hasNextPage', count(*) > 50, 'endCursor', max(o.id::text) FILTER (WHERE o.place = 50)))
  FROM (SELECT *, row_number() OVER (ORDER BY as_of DESC, id DESC) AS place FROM sales_order
    WHERE customer_id = c.id AND NOT deleted ORDER BY as_of DESC, id DESC LIMIT 51) o)) AS answer
FROM customer c WHERE c.id = $1
