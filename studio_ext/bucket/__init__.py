"""The bucket: a folder that speaks S3, channels into a job and artefacts out of it."""
