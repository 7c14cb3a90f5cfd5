"""Programs whose imports are paid once: a process has loaded one, and each of its runs is a fork of that process.

Importing dbt costs about three CPU seconds, and so does Airbyte's connector kit; every dbt pod and every sync would pay
it. `program` keeps a program loaded and starts its runs, `template` is the process that has loaded it, and `executed`
makes a fork what a freshly executed program would have been, for the templates of pods as well. Linux only.
"""
