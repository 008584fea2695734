"""What people see of messages: their own, a case's ledger, and the words that an agency chooses for them."""
