-- The keys by which PostGraphile finds what a customer has; the hub links these by id without a constraint.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['sales_order', 'business_request', 'sales_lead', 'consent', 'product_holding', 'timeline_entry',
    'customer_segment'] LOOP
    EXECUTE format('COMMENT ON TABLE %I IS %L', t, '@foreignKey (customer_id) references customer (id)');
  END LOOP;
END $$;
