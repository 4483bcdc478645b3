"""What the contact is about: business requests. Sessions, dialogs and commitments join them here."""
