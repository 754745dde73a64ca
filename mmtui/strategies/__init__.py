"""From numbers to a desired ladder, with a reason for every basis point."""
