/**
 * Every key that may hold something in the tree of a statement of the subset: kinds of nodes and their fields. A key that is
 * not here is a construct that was not verified, and refuses the statement. Keys that only describe the text are skipped.
 */
export const ALLOWED: ReadonlySet<string> = new Set(
  `
  select expressions star from where_clause group_by having qualify order_by limit offset distinct with ctes
  this alias alias_first union intersect except left right all subquery values joins kind on paren and
  or not eq neq lt lte gt gte add sub mul div mod neg concat is_null null_safe_eq null_safe_neq between low high
  in query like i_like add_months exists case operand whens else_ column name table schema catalog literal
  literal_type value boolean null cast try_cast to data_type precision scale double_colon_syntax desc
  nulls_first window_function over partition_by frame start end row_number rank dense_rank lag lead ignore_nulls
  sum count min max avg count_if median list_agg separator within_group substring length upper lower trim abs
  ceil floor round coalesce nvl nvl2 true_value false_value if_func condition greatest least sqrt to_number
  format mod_func position year month day hour minute second quarter extract field date_diff expression unit
  last_day day_of_week parse_json function args starts_with contains ends_with str_position substr
  j_s_o_n_extract variant_extract tuple columns insert update set from_clause delete merge when matched then var
  identifier create_table create_view create_schema drop_table drop_view names if_exists if_not_exists
  or_replace table_modifier secure as_select comment constraint_order nullable Following Preceding alias_keyword
  annotated characters decimals decimal lateral named_argument ascii reverse repeat translate lpad rpad ln exp power sign safe not_null using default
  `
    .trim()
    .split(/\s+/),
)

/** Keys whose values say how the text was written, or where it stands, and change no answer. */
export const SILENT: ReadonlySet<string> = new Set([
  'span',
  'quoted',
  'name_type',
  'trailing_comments',
  'leading_comments',
  'pre_alias_comments',
  'post_alias_comments',
  'operator_comments',
  'left_comments',
  'right_comments',
  'comments',
  'post_select_comments',
  'alias_explicit_as',
  'column_aliases',
  'explicit_inner',
  'original_name',
  'inferred_type',
  'use_inner_keyword',
  'use_outer_keyword',
  'kind_text',
  'start_side_text',
  'end_side_text',
  'rows_only',
  'double_colon_syntax',
  'alias_first',
  'alias_keyword',
  'no_parens',
  'use_bracket_syntax',
  'sql_keyword',
  'from_for_syntax',
  'constraint_order',
  'explicit_nulls',
  'ansi_style',
  'order_by_all',
  'name_quoted',
  'copy_grants',
  'nesting_group',
])

/** Joins of the subset, by the parser's words; every other kind is refused. */
export const JOINS: ReadonlySet<string> = new Set([
  'Inner',
  'Left',
  'Right',
  'Full',
  'Outer',
  'Cross',
  'Implicit',
  'LeftOuter',
  'RightOuter',
  'FullOuter',
])
