"""What a plan asks of any LMS: the directory of people and courses, the Gateway interface, the outbox."""
