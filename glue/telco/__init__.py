"""What the two jobs share. The SQL is in `rendered.json`, which `npm run glue` makes of the contracts and of glue/sql."""
