// What a Relay application has in its sources; the compiler holds it against the schema.
graphql`
  query ViewQuery($id: ID!, $count: Int!, $cursor: String) {
    node(id: $id) { id ...View_orders @alias(as: "orders") }
  }
`;
graphql`
  fragment View_orders on Customer @refetchable(queryName: "OrdersQuery") {
    name
    orders(first: $count, after: $cursor) @connection(key: "View_orders") { edges { node { number } } }
  }
`;
graphql`
  subscription ViewUpdates($id: ID!) { customerUpdates(id: $id) { cursor customer { name } } }
`;
graphql`
  mutation ViewMutation($input: CorrectContactMediumInput!) {
    correctContactMedium(input: $input) { problems { code message path } }
  }
`;
