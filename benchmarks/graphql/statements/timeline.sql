-- The answer to documents/timeline.graphql for the customer $1.
SELECT json_build_object('timeline', (
  SELECT json_build_object('edges', coalesce(json_agg(json_build_object('cursor', t.id, 'node', json_build_object(
      'at', to_char(t.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'kind', t.kind, 'channel', t.channel,
      'subject', t.subject)) ORDER BY t.place) FILTER (WHERE t.place <= 50), '[]'),
    'pageInfo', json_build_object('hasNextPage', count(*) > 50, 'endCursor', max(t.id::text) FILTER (WHERE t.place = 50)))
  FROM (SELECT *, row_number() OVER (ORDER BY at DESC, id DESC) AS place FROM timeline_entry
    WHERE customer_id = c.id ORDER BY at DESC, id DESC LIMIT 51) t)) AS answer
FROM customer c WHERE c.id = $1
