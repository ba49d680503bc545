"""Renames objects of a bucket as the jobs do: BUCKET ENDPOINT, then FROM TO for each. Says of each whether it went well."""

import sys

from botocore.exceptions import ClientError
from telco.lake import BucketLake

bucket, endpoint, *keys = sys.argv[1:]
lake = BucketLake(bucket, endpoint)
for key, to in zip(keys[::2], keys[1::2], strict=True):
    try:
        lake.move(key, to)
        print("moved")
    except ClientError:
        print("refused")
