"""What is served of what the models know: filters, rules, exploration, reasons."""
