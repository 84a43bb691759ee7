"""An agreement as text: TOML files and forms -> plans, exceptions and examples, every problem named with its line.

What stands where:

    plan_file    a plan's file -> the plan; plan_reader reads one table, plan_lines knows the lines, and plan_tiers,
                 plan_draw, plan_quotas, plan_over_time, plan_exchange, plan_occasions, plan_team, plan_examples
                 each know one kind of table
    plan_form    the usual plan as a form, written back as the same file
    exception_file   what is agreed with one person
    plan_schema  the same as a JSON Schema (people_schema, schema_values, schema_over_time)
"""
