"""Who asks: principals, scopes and the tokens that carry them."""
