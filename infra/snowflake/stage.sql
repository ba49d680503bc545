-- Where Snowflake reads the lake. No credentials are stored: the integration names a role that Snowflake assumes, and that
-- role may read `staging/` alone. Run once by an account administrator, with the role's ARN as the variable of that name:
--
--   snow sql --filename infra/snowflake/stage.sql --variable "reader_role_arn=arn:aws:iam::<account>:role/<role>"
--
-- `describe integration TELCO_LAKE` then shows the two values that the role's trust policy must hold:
-- STORAGE_AWS_IAM_USER_ARN as the principal, and STORAGE_AWS_EXTERNAL_ID as the external id.

create database if not exists TELCO_DB;
create schema if not exists TELCO_DB.STAGING;

-- `create or replace` would make a new external id, which the role's trust policy does not know.
create storage integration if not exists TELCO_LAKE
  type = external_stage
  storage_provider = 'S3'
  enabled = true
  storage_aws_role_arn = '<% reader_role_arn %>'
  storage_allowed_locations = ('s3://telco-customer360-pipeline/staging/');

-- Keys below the stage are those below `staging/`: customers/, plans/, activity_logs/, as in a local lake.
create stage if not exists TELCO_DB.STAGING.LAKE
  url = 's3://telco-customer360-pipeline/staging/'
  storage_integration = TELCO_LAKE
  file_format = (type = parquet);
