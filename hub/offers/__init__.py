"""What is offered to the customer and what became of it: leads and campaign memberships."""
