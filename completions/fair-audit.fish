# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_fair_audit_global_optspecs
    string join \n input-format= delimiter= no-header null= predictions= id= weight= counts= j/threads= s/sensitive= y/label= p/prediction= favorable= score= threshold= ignore= reference= bins= control= no-infer metrics= intersect= confidence= min-group= bootstrap= seed= suppress= missing= P/policy= r/require= against= tolerance= fail-on= adjust= strict exit-zero c/config= no-config f/format= o/output= all top= wide width= color= ascii q/quiet v/verbose progress= sequential= digest record= justice model= method= immutable= monotone= bounds= model-columns= model-timeout= model-threshold= h/help V/version
end

function __fish_fair_audit_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_fair_audit_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_fair_audit_using_subcommand
    set -l cmd (__fish_fair_audit_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c fair-audit -n "__fish_fair_audit_needs_command" -l input-format -d 'auto, csv, tsv, jsonl, parquet or arrow [default: auto]' -r -f -a "auto\t''
csv\t''
tsv\t''
jsonl\t''
parquet\t''
arrow\t''"
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l delimiter -d 'What separates the fields of a text file [default: found out]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l null -d 'Spellings of a missing label, prediction, score or weight' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l predictions -d 'A second file that holds the predictions' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l id -d 'The column that joins it [default: by row]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l weight -d 'What a row counts for' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l counts -d 'Every line stands for this many rows [default: guessed]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s j -l threads -d 'Threads [default: one for each processor]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s s -l sensitive -d 'Who is compared: sex,race,sex*race [default: inferred]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s y -l label -d 'What was true' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s p -l prediction -d 'What was decided; several are audited side by side' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l favorable -d 'Which outcome people want: positive or negative' -r -f -a "positive\t''
negative\t''"
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l score -d 'How strongly the model leaned to the positive' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l threshold -d 'score >= X is a positive prediction [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l ignore -d 'Columns that play no part' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l reference -d 'Whom groups are held against: sex=Male, largest, best, overall or rest' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l bins -d 'How a numeric column is banded: age=18,30,45,60' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l control -d 'Strata to compare within, not with each other; auto tries every column' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l metrics -d 'Only these metrics [default: all that apply]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l intersect -d 'How many columns are crossed at most [default: 2]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l confidence -d 'Of the intervals [default: 0.95]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l min-group -d 'Rows of a metric\'s own denominator that decide [default: 30]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l bootstrap -d 'Redraw the rows N times for what has no other interval' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l seed -d 'The seed of what is drawn [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l suppress -d 'Publish no count under K, nor what would reveal one (11 for health data)' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l missing -d 'Rows without a sensitive value: group, drop or error [default: group]' -r -f -a "group\t''
drop\t''
error\t''"
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s P -l policy -d 'default, four-fifths, nyc-ll144, ugesp, lending, health, justice, none, or a policy file' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s r -l require -d 'A rule: \'selection_rate_ratio(sex) >= 0.8\'' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l against -d 'Fail only on what got worse since this report' -r -F
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l tolerance -d 'By how much a number may worsen [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l fail-on -d 'Exit status 1 from: fail, warn or never [default: fail]' -r -f -a "fail\t''
warn\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l adjust -d 'For many checks: none, holm, bh or maxt [default: holm]' -r -f -a "none\t''
holm\t''
bh\t''
maxt\t''"
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s c -l config -d 'The policy file [default: the closest fair-audit.toml]' -r -F
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s f -l format -d 'table, json, jsonl, csv, md, sarif, junit, github, gitlab, prom, summary, mlbom, model-card, datasheet [default: table]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l top -d 'At most N groups and findings of a table' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l sequential -d 'Judge this table together with those of the nights before' -r -F
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l record -d 'Write a record of the run, which `fair-audit verify` computes again' -r -F
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l model -d 'Who is asked: a MODEL.json that mitigate saved, or a command [default: a surrogate]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l method -d 'Which model of a MODEL.json [default: the first, plain]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l immutable -d 'Features that nobody can change [sensitive columns never can]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l monotone -d 'Features that change one way only: age=up,debt=down' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l bounds -d 'Features that stay within ends: income=0..100000' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l model-columns -d 'What a program is sent, in this order [default: all features, in file order]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l model-timeout -d 'How long a program may be silent [default: 60]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l model-threshold -d 'From which score on a program says yes [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l no-header -d 'The first line is data: columns are column_1, column_2 …'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l no-infer -d 'Only the roles that are named'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l strict -d 'Exit status 3 where any check is undecided'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l exit-zero -d 'Exit status 0 whatever was found'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l no-config -d 'No policy file'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l all -d 'Every group and every finding'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l wide -d 'Every metric, and every column however wide'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s q -l quiet -d 'The verdict line alone'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l digest -d 'Add the SHA-256 of every input file to the record'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -l justice -d 'Ask a model, too: decisions that flip with the group, ways to the other decision'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -s V -l version -d 'Print version'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "audit" -d 'Audit a table (the default)'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "check" -d 'Judge a saved report again, without the data'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "compare" -d 'Say what got worse: two reports, two tables, or two decisions'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "profile" -d 'Say what the data themselves look like: who is in them, labels, missing values'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "mitigate" -d 'Fit models, plain and with remedies, on held-out folds, and compare what they cost'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "explain" -d 'Say why rows are decided on as they are: what drives decisions, by group and by row'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "counterfactual" -d 'Say what would be otherwise if rows were: another group, moved columns, another row'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "probe" -d 'Write pairs of prompts that differ in the group alone; audit the answers to them'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "report" -d 'Render a saved report'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "verify" -d 'Compute a recorded run again, and say what differs'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "metrics" -d 'List the metrics, or explain one'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "sql" -d 'Print the query that yields the same counts'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "init" -d 'Print the inferred roles as a commented fair-audit.toml'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "schema" -d 'Print the JSON Schema of a document'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "demo" -d 'Audit a small built-in table'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "completions" -d 'Print the completions of a shell'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "man" -d 'Print a man page'
complete -c fair-audit -n "__fish_fair_audit_needs_command" -a "help" -d 'Say what a command does, and its options'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l input-format -d 'auto, csv, tsv, jsonl, parquet or arrow [default: auto]' -r -f -a "auto\t''
csv\t''
tsv\t''
jsonl\t''
parquet\t''
arrow\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l delimiter -d 'What separates the fields of a text file [default: found out]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l null -d 'Spellings of a missing label, prediction, score or weight' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l predictions -d 'A second file that holds the predictions' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l id -d 'The column that joins it [default: by row]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l weight -d 'What a row counts for' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l counts -d 'Every line stands for this many rows [default: guessed]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s j -l threads -d 'Threads [default: one for each processor]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s s -l sensitive -d 'Who is compared: sex,race,sex*race [default: inferred]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s y -l label -d 'What was true' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s p -l prediction -d 'What was decided; several are audited side by side' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l favorable -d 'Which outcome people want: positive or negative' -r -f -a "positive\t''
negative\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l score -d 'How strongly the model leaned to the positive' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l threshold -d 'score >= X is a positive prediction [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l ignore -d 'Columns that play no part' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l reference -d 'Whom groups are held against: sex=Male, largest, best, overall or rest' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l bins -d 'How a numeric column is banded: age=18,30,45,60' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l control -d 'Strata to compare within, not with each other; auto tries every column' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l metrics -d 'Only these metrics [default: all that apply]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l intersect -d 'How many columns are crossed at most [default: 2]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l confidence -d 'Of the intervals [default: 0.95]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l min-group -d 'Rows of a metric\'s own denominator that decide [default: 30]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l bootstrap -d 'Redraw the rows N times for what has no other interval' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l seed -d 'The seed of what is drawn [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l suppress -d 'Publish no count under K, nor what would reveal one (11 for health data)' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l missing -d 'Rows without a sensitive value: group, drop or error [default: group]' -r -f -a "group\t''
drop\t''
error\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s P -l policy -d 'default, four-fifths, nyc-ll144, ugesp, lending, health, justice, none, or a policy file' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s r -l require -d 'A rule: \'selection_rate_ratio(sex) >= 0.8\'' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l against -d 'Fail only on what got worse since this report' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l tolerance -d 'By how much a number may worsen [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l fail-on -d 'Exit status 1 from: fail, warn or never [default: fail]' -r -f -a "fail\t''
warn\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l adjust -d 'For many checks: none, holm, bh or maxt [default: holm]' -r -f -a "none\t''
holm\t''
bh\t''
maxt\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s c -l config -d 'The policy file [default: the closest fair-audit.toml]' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s f -l format -d 'table, json, jsonl, csv, md, sarif, junit, github, gitlab, prom, summary, mlbom, model-card, datasheet [default: table]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l top -d 'At most N groups and findings of a table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l sequential -d 'Judge this table together with those of the nights before' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l record -d 'Write a record of the run, which `fair-audit verify` computes again' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l model -d 'Who is asked: a MODEL.json that mitigate saved, or a command [default: a surrogate]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l method -d 'Which model of a MODEL.json [default: the first, plain]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l immutable -d 'Features that nobody can change [sensitive columns never can]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l monotone -d 'Features that change one way only: age=up,debt=down' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l bounds -d 'Features that stay within ends: income=0..100000' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l model-columns -d 'What a program is sent, in this order [default: all features, in file order]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l model-timeout -d 'How long a program may be silent [default: 60]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l model-threshold -d 'From which score on a program says yes [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l no-header -d 'The first line is data: columns are column_1, column_2 …'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l no-infer -d 'Only the roles that are named'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l strict -d 'Exit status 3 where any check is undecided'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l exit-zero -d 'Exit status 0 whatever was found'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l no-config -d 'No policy file'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l all -d 'Every group and every finding'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l wide -d 'Every metric, and every column however wide'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s q -l quiet -d 'The verdict line alone'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l digest -d 'Add the SHA-256 of every input file to the record'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -l justice -d 'Ask a model, too: decisions that flip with the group, ways to the other decision'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -s P -l policy -d 'default, four-fifths, nyc-ll144, ugesp, lending, health, justice, none, or a policy file' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -s r -l require -d 'A rule: \'selection_rate_ratio(sex) >= 0.8\'' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l against -d 'Fail only on what got worse since this report' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l tolerance -d 'By how much a number may worsen [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l fail-on -d 'Exit status 1 from: fail, warn or never [default: fail]' -r -f -a "fail\t''
warn\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l adjust -d 'For many checks: none, holm, bh or maxt [default: holm]' -r -f -a "none\t''
holm\t''
bh\t''
maxt\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -s c -l config -d 'The policy file [default: the closest fair-audit.toml]' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -s f -l format -d 'table, json, jsonl, csv, md, sarif, junit, github, gitlab, prom, summary, mlbom, model-card, datasheet [default: table]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l top -d 'At most N groups and findings of a table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l min-group -d 'Rows of a metric\'s own denominator that decide [default: 30]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l strict -d 'Exit status 3 where any check is undecided'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l exit-zero -d 'Exit status 0 whatever was found'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l no-config -d 'No policy file'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l all -d 'Every group and every finding'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l wide -d 'Every metric, and every column however wide'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -s q -l quiet -d 'The verdict line alone'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l input-format -d 'auto, csv, tsv, jsonl, parquet or arrow [default: auto]' -r -f -a "auto\t''
csv\t''
tsv\t''
jsonl\t''
parquet\t''
arrow\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l delimiter -d 'What separates the fields of a text file [default: found out]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l null -d 'Spellings of a missing label, prediction, score or weight' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l predictions -d 'A second file that holds the predictions' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l id -d 'The column that joins two tables of the same rows [default: found]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l weight -d 'What a row counts for' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l counts -d 'Every line stands for this many rows [default: guessed]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s j -l threads -d 'Threads [default: one for each processor]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s s -l sensitive -d 'Who is compared: sex,race,sex*race [default: inferred]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s y -l label -d 'What was true' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s p -l prediction -d 'What was decided; several are audited side by side' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l favorable -d 'Which outcome people want: positive or negative' -r -f -a "positive\t''
negative\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l score -d 'How strongly the model leaned to the positive' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l threshold -d 'score >= X is a positive prediction [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l ignore -d 'Columns that play no part' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l reference -d 'Whom groups are held against: sex=Male, largest, best, overall or rest' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l bins -d 'How a numeric column is banded: age=18,30,45,60' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l control -d 'Strata to compare within, not with each other; auto tries every column' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l intersect -d 'How many columns are crossed at most [default: 2]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l confidence -d 'Of the intervals [default: 0.95]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l min-group -d 'Rows of a metric\'s own denominator that decide [default: 30]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l bootstrap -d 'Redraw the rows N times for what has no other interval' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l seed -d 'The seed of what is drawn [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l suppress -d 'Publish no count under K, nor what would reveal one (11 for health data)' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l missing -d 'Rows without a sensitive value: group, drop or error [default: group]' -r -f -a "group\t''
drop\t''
error\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s P -l policy -d 'default, four-fifths, nyc-ll144, ugesp, lending, health, justice, none, or a policy file' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s r -l require -d 'A rule: \'selection_rate_ratio(sex) >= 0.8\'' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l fail-on -d 'Exit status 1 from: fail, warn or never [default: fail]' -r -f -a "fail\t''
warn\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l adjust -d 'For many checks: none, holm, bh or maxt [default: holm]' -r -f -a "none\t''
holm\t''
bh\t''
maxt\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l tolerance -d 'By how much a number may worsen [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l record -d 'Write a record of the run, which `fair-audit verify` computes again' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s c -l config -d 'The policy file [default: the closest fair-audit.toml]' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s f -l format -d 'table, json, jsonl, csv, md, sarif, junit, github, gitlab, prom, summary, mlbom, model-card, datasheet [default: table]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l top -d 'At most N groups and findings of a table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l no-header -d 'The first line is data: columns are column_1, column_2 …'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l no-infer -d 'Only the roles that are named'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l strict -d 'Exit status 3 where any check is undecided'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l exit-zero -d 'Exit status 0 whatever was found'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l no-config -d 'No policy file'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l all -d 'Every group and every finding'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l wide -d 'Every metric, and every column however wide'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s q -l quiet -d 'The verdict line alone'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l input-format -d 'auto, csv, tsv, jsonl, parquet or arrow [default: auto]' -r -f -a "auto\t''
csv\t''
tsv\t''
jsonl\t''
parquet\t''
arrow\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l delimiter -d 'What separates the fields of a text file [default: found out]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l null -d 'Spellings of a missing label, prediction, score or weight' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l predictions -d 'A second file that holds the predictions' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l weight -d 'What a row counts for' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l counts -d 'Every line stands for this many rows [default: guessed]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -s j -l threads -d 'Threads [default: one for each processor]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -s s -l sensitive -d 'Who is compared: sex,race,sex*race [default: inferred]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -s y -l label -d 'What was true' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l score -d 'How strongly the model leaned to the positive' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l threshold -d 'score >= X is a positive prediction [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l ignore -d 'Columns that play no part' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l bins -d 'How a numeric column is banded: age=18,30,45,60' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l intersect -d 'How many columns are crossed at most [default: 2]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l confidence -d 'Of the intervals [default: 0.95]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l suppress -d 'Publish no count under K, nor what would reveal one (11 for health data)' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l missing -d 'Rows without a sensitive value: group, drop or error [default: group]' -r -f -a "group\t''
drop\t''
error\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -s c -l config -d 'The policy file [default: the closest fair-audit.toml]' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -s f -l format -d 'table, json, jsonl, csv, md, mlbom, model-card or datasheet' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l top -d 'At most N rows of a table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l control -d 'Columns that cells are told apart by as well' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -s p -l prediction -d 'What was decided' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l min-group -d 'Groups of fewer rows are too small [default: 30]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l id -d 'Names the rows of --predictions and --weights-out [default: by row]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l population -d 'Who should be there: sex,race,share or attribute,value,share' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l weights-out -d 'Write weights that give every group its share in --population' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l against -d 'An earlier profile (-f json): what has changed' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l tolerance -d 'By how much a share may change [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l by -d 'When or where rows came about [default: by name: date, hospital, region …]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l test -d 'A table that should have no row of this one: what leaks' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l dp -d 'Publish group counts with noise, and nothing else: differential privacy' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l examples -d 'Show N sets of rows that are alike, and of rows at odds: these leave the table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l record -d 'Write a record of the run, which `fair-audit verify` computes again' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l no-header -d 'The first line is data: columns are column_1, column_2 …'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l no-infer -d 'Only the roles that are named'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l no-config -d 'No policy file'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -s q -l quiet -d 'Only what deserves a look'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l all -d 'Every row, intersections and details too'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l wide -d 'Every column however wide'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -l digest -d 'Add the SHA-256 of every input file to the record'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand profile" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l input-format -d 'auto, csv, tsv, jsonl, parquet or arrow [default: auto]' -r -f -a "auto\t''
csv\t''
tsv\t''
jsonl\t''
parquet\t''
arrow\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l delimiter -d 'What separates the fields of a text file [default: found out]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l null -d 'Spellings of a missing label, prediction, score or weight' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l predictions -d 'A second file that holds the predictions' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l weight -d 'What a row counts for' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l counts -d 'Every line stands for this many rows [default: guessed]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -s j -l threads -d 'Threads [default: one for each processor]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -s s -l sensitive -d 'Who is compared: sex,race,sex*race [default: inferred]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -s y -l label -d 'What was true' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -s p -l prediction -d 'What was decided; several are audited side by side' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l favorable -d 'Which outcome people want: positive or negative' -r -f -a "positive\t''
negative\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l score -d 'How strongly the model leaned to the positive' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l threshold -d 'score >= X is a positive prediction [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l ignore -d 'Columns that play no part' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l reference -d 'Whom groups are held against: sex=Male, largest, best, overall or rest' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l bins -d 'How a numeric column is banded: age=18,30,45,60' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l control -d 'Strata to compare within, not with each other; auto tries every column' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l metrics -d 'Only these metrics [default: all that apply]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l intersect -d 'How many columns are crossed at most [default: 2]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l confidence -d 'Of the intervals [default: 0.95]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l min-group -d 'Rows of a metric\'s own denominator that decide [default: 30]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l missing -d 'Rows without a sensitive value: group, drop or error [default: group]' -r -f -a "group\t''
drop\t''
error\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -s c -l config -d 'The policy file [default: the closest fair-audit.toml]' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -s f -l format -d 'table, json, jsonl, csv, md, mlbom, model-card or datasheet' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l top -d 'At most N rows of a table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l id -d 'Names the rows of --predictions and of the files [default: by row]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l record -d 'Write a record of the run, which `fair-audit verify` computes again' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l model -d 'What is fitted: logistic, tree, bayes, forest [default: logistic]' -r -f -a "logistic\t''
tree\t''
bayes\t''
forest\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l method -d 'Remedies: plain, reweighing, equal_weights, threshold_parity, threshold_opportunity, class_weights, group_weights, uniform_sampling, oversampling, undersampling, preferential_sampling, massaging, correlation_removal, impact_repair, constrained_parity, constrained_odds, constrained_just_loss, constrained_fair_loss, gradient_parity, gradient_odds, grid_parity, grid_odds, prejudice_remover, bias_correction, bias_correction_parity, calibration_platt, calibration_isotonic, lottery_parity, lottery_opportunity, lottery_false_positives, lottery_odds, threshold_odds, reject_option, reject_option_opportunity, reject_option_odds, withheld_errors, withheld_false_negatives, withheld_false_positives [default: plain, reweighing, equal_weights, threshold_parity, threshold_opportunity, constrained_parity, constrained_odds, lottery_odds]' -r -f -a "plain\t''
reweighing\t''
equal_weights\t''
threshold_parity\t''
threshold_opportunity\t''
class_weights\t''
group_weights\t''
uniform_sampling\t''
oversampling\t''
undersampling\t''
preferential_sampling\t''
massaging\t''
correlation_removal\t''
impact_repair\t''
constrained_parity\t''
constrained_odds\t''
constrained_just_loss\t''
constrained_fair_loss\t''
gradient_parity\t''
gradient_odds\t''
grid_parity\t''
grid_odds\t''
prejudice_remover\t''
bias_correction\t''
bias_correction_parity\t''
calibration_platt\t''
calibration_isotonic\t''
lottery_parity\t''
lottery_opportunity\t''
lottery_false_positives\t''
lottery_odds\t''
threshold_odds\t''
reject_option\t''
reject_option_opportunity\t''
reject_option_odds\t''
withheld_errors\t''
withheld_false_negatives\t''
withheld_false_positives\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l folds -d 'Parts of the rows that are held out in turn [default: 5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l fold-by -d 'Hold out all rows of one value together: a patient, a household; COL is no feature' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l fold-time -d 'Learn only from rows before those held out, by a number or date; COL is no feature' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l attribute -d 'Whose groups the remedies act on: sex, or sex*race [default: the first of -s]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l features -d 'Only these columns are predicted from [default: all without another part]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l text -d 'Predict from the words of these columns (tf-idf); other prose is left out' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l weights-out -d 'Write what each row counts for, by remedy (CSV)' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l predictions-out -d 'Write the held-out score and decision of each row, by remedy (CSV)' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l model-out -d 'Write each model, fitted to all rows: features, coefficients, thresholds' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l log-dir -d 'Write training curves for TensorBoard: a folder a scenario, and a folder a fold' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l apply -d 'Score this table by a saved model, and fit nothing; the scores go to stdout (CSV)' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l refit -d 'Fit this table by the recipe of a saved model, and say what changed' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l seed -d 'The seed of the folds [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l no-header -d 'The first line is data: columns are column_1, column_2 …'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l no-infer -d 'Only the roles that are named'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l no-config -d 'No policy file'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -s q -l quiet -d 'Only what deserves a look'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l all -d 'Every row, intersections and details too'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l wide -d 'Every column however wide'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l digest -d 'Add the SHA-256 of every input file to the record'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -l with-sensitive -d 'Predict from the sensitive columns as well'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand mitigate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l input-format -d 'auto, csv, tsv, jsonl, parquet or arrow [default: auto]' -r -f -a "auto\t''
csv\t''
tsv\t''
jsonl\t''
parquet\t''
arrow\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l delimiter -d 'What separates the fields of a text file [default: found out]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l null -d 'Spellings of a missing label, prediction, score or weight' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l predictions -d 'A second file that holds the predictions' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l weight -d 'What a row counts for' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l counts -d 'Every line stands for this many rows [default: guessed]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -s j -l threads -d 'Threads [default: one for each processor]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -s s -l sensitive -d 'Who is compared: sex,race,sex*race [default: inferred]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -s y -l label -d 'What was true' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -s p -l prediction -d 'What was decided; several are audited side by side' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l score -d 'How strongly the model leaned to the positive' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l threshold -d 'score >= X is a positive prediction [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l ignore -d 'Columns that play no part' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l bins -d 'How a numeric column is banded: age=18,30,45,60' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l confidence -d 'Of the intervals [default: 0.95]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l min-group -d 'Rows of a metric\'s own denominator that decide [default: 30]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l missing -d 'Rows without a sensitive value: group, drop or error [default: group]' -r -f -a "group\t''
drop\t''
error\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -s c -l config -d 'The policy file [default: the closest fair-audit.toml]' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -s f -l format -d 'table, json, jsonl, csv, md, mlbom, model-card or datasheet' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l top -d 'At most N rows of a table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l record -d 'Write a record of the run, which `fair-audit verify` computes again' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l reference -d 'The group that gaps are to: sex=Male, largest or best [default: the furthest two]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l id -d 'Names the rows of --predictions and --row [default: by number]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l model -d 'The model in question: logistic, tree, bayes, forest, a MODEL.json that mitigate saved, or a command that reads CSV and prints a score a line [default: the table\'s own decisions, else logistic]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l method -d 'Which model of a MODEL.json [default: the first, plain]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l surrogate -d 'What stands for decisions of the table or a command [default: logistic or tree, whichever agrees more]' -r -f -a "logistic\t''
tree\t''
bayes\t''
forest\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l folds -d 'Parts of the rows that are held out in turn [default: 5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l fold-by -d 'Hold out all rows of one value together: a patient, a household; COL is no feature' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l fold-time -d 'Learn only from rows before those held out, by a number or date; COL is no feature' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l attribute -d 'By whose groups: sex, or sex*race [default: the first of -s]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l features -d 'Only these columns are predicted from [default: all without another part]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l text -d 'Predict from the words of these columns (tf-idf); other prose is left out' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l model-columns -d 'What a program is sent, in this order [default: all features, in file order]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l model-timeout -d 'How long a program may be silent [default: 60]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l model-threshold -d 'From which score on a program says yes [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l only -d 'Only these answers: fidelity, contributions, gap, importance, dependence, mistakes, consistency' -r -f -a "fidelity\t''
contributions\t''
gap\t''
importance\t''
dependence\t''
mistakes\t''
consistency\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l feature -d 'How scores depend on this column, by group' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l row -d 'Why this row is decided on as it is: its number from 1, or its --id' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l repeats -d 'How often values are shuffled, or orders of features drawn [default: 5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l neighbors -d 'Rows that a row is held against as alike, itself among them [default: 5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l lipschitz -d 'By how much scores of rows may differ, for a distance of 1 [default: 1]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l examples -d 'Show N pairs that are alike and decided differently: numbers leave the table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l seed -d 'The seed of folds and of what is shuffled [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l no-header -d 'The first line is data: columns are column_1, column_2 …'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l no-infer -d 'Only the roles that are named'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l no-config -d 'No policy file'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -s q -l quiet -d 'Only what deserves a look'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l all -d 'Every row, intersections and details too'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l wide -d 'Every column however wide'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l digest -d 'Add the SHA-256 of every input file to the record'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -l with-sensitive -d 'Predict from the sensitive columns as well'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l input-format -d 'auto, csv, tsv, jsonl, parquet or arrow [default: auto]' -r -f -a "auto\t''
csv\t''
tsv\t''
jsonl\t''
parquet\t''
arrow\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l delimiter -d 'What separates the fields of a text file [default: found out]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l null -d 'Spellings of a missing label, prediction, score or weight' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l predictions -d 'A second file that holds the predictions' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l weight -d 'What a row counts for' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l counts -d 'Every line stands for this many rows [default: guessed]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -s j -l threads -d 'Threads [default: one for each processor]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -s s -l sensitive -d 'Who is compared: sex,race,sex*race [default: inferred]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -s y -l label -d 'What was true' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -s p -l prediction -d 'What was decided; several are audited side by side' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l favorable -d 'Which outcome people want: positive or negative' -r -f -a "positive\t''
negative\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l score -d 'How strongly the model leaned to the positive' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l threshold -d 'score >= X is a positive prediction [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l ignore -d 'Columns that play no part' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l bins -d 'How a numeric column is banded: age=18,30,45,60' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l confidence -d 'Of the intervals [default: 0.95]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l missing -d 'Rows without a sensitive value: group, drop or error [default: group]' -r -f -a "group\t''
drop\t''
error\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -s c -l config -d 'The policy file [default: the closest fair-audit.toml]' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -s f -l format -d 'table, json, jsonl, csv, md, mlbom, model-card or datasheet' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l top -d 'At most N rows of a table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l record -d 'Write a record of the run, which `fair-audit verify` computes again' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l id -d 'Names the rows of --predictions, --paired and --row [default: by number]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l model -d 'The model in question: logistic, tree, bayes, forest, a MODEL.json that mitigate saved, or a command that reads CSV and prints a score a line [default: the table\'s own decisions, else logistic]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l method -d 'Which model of a MODEL.json [default: the first, plain]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l folds -d 'Parts of the rows that are held out in turn [default: 5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l fold-by -d 'Hold out all rows of one value together: a patient, a household; COL is no feature' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l fold-time -d 'Learn only from rows before those held out, by a number or date; COL is no feature' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l features -d 'Only these columns are predicted from [default: all without another part]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l text -d 'Predict from the words of these columns (tf-idf); other prose is left out' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l model-columns -d 'What a program is sent, in this order [default: all features, in file order]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l model-timeout -d 'How long a program may be silent [default: 60]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l surrogate -d 'What stands for the table\'s own decisions [default: logistic or tree, whichever agrees more]' -r -f -a "logistic\t''
tree\t''
bayes\t''
forest\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l model-threshold -d 'From which score on a program, or a paired score, says yes [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l flip -d 'Ask again as if of another group: sex, or sex*race [default: the first of -s]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l paired -d 'The answers for rows as they are and changed: two columns, or another file' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l rows-out -d 'Write the score and decision of each row, as it is and changed (CSV)' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l actionable -d 'Only these features change [default: all but sensitive columns]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l immutable -d 'Features that nobody can change [sensitive columns never can]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l monotone -d 'Features that change one way only: age=up,debt=down' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l bounds -d 'Features that stay within ends: income=0..100000' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l norm -d 'How costs add up: l1, few changes; l2, short ones; max, the dearest [default: l1]' -r -f -a "l1\t''
l2\t''
max\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l cost -d 'What changes cost: mad, by the column\'s deviation, or percentile [default: mad]' -r -f -a "mad\t''
percentile\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l row -d 'What this row would have to change: its number from 1, or its --id' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l seed -d 'The seed of folds and of what is drawn [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l no-header -d 'The first line is data: columns are column_1, column_2 …'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l no-infer -d 'Only the roles that are named'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l no-config -d 'No policy file'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -s q -l quiet -d 'Only what deserves a look'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l all -d 'Every row, intersections and details too'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l wide -d 'Every column however wide'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l digest -d 'Add the SHA-256 of every input file to the record'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l with-sensitive -d 'Predict from the sensitive columns as well'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l match -d 'Move along what goes with the group, and look at the nearest rows of the other'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -l recourse -d 'The nearest change of other features that turns the decision, by group'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand counterfactual" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -l answers -d 'Audit these answers: CSV or JSON lines by id [default: write the prompts]' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -l confidence -d 'Confidence of the intervals [default: 0.95]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -l top -d 'At most N groups and findings of a table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -s f -l format -d 'table, json, jsonl, csv or md, of answers [default: table]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -l all -d 'Every group and every finding'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -l wide -d 'Every metric, and every column however wide'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -s q -l quiet -d 'The verdict line alone'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -s f -l format -d 'table, json, jsonl, csv, md, sarif, junit, github, gitlab, prom, summary, mlbom, model-card, datasheet [default: table]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -l top -d 'At most N groups and findings of a table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -l all -d 'Every group and every finding'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -l wide -d 'Every metric, and every column however wide'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -s q -l quiet -d 'The verdict line alone'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand verify" -s f -l format -d 'table or json [default: table]' -r -f -a "table\t''
json\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand verify" -s j -l threads -d 'Threads [default: one for each processor]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand verify" -l all -d 'Every difference'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand verify" -s q -l quiet -d 'The first line alone'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand verify" -l allow-program -d 'Run the program that the record names as its model; look at it first'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand metrics" -s h -l help -d 'Print help'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l input-format -d 'auto, csv, tsv, jsonl, parquet or arrow [default: auto]' -r -f -a "auto\t''
csv\t''
tsv\t''
jsonl\t''
parquet\t''
arrow\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l delimiter -d 'What separates the fields of a text file [default: found out]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l null -d 'Spellings of a missing label, prediction, score or weight' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l predictions -d 'A second file that holds the predictions' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l id -d 'The column that joins it [default: by row]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l weight -d 'What a row counts for' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l counts -d 'Every line stands for this many rows [default: guessed]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -s j -l threads -d 'Threads [default: one for each processor]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -s s -l sensitive -d 'Who is compared: sex,race,sex*race [default: inferred]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -s y -l label -d 'What was true' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -s p -l prediction -d 'What was decided; several are audited side by side' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l favorable -d 'Which outcome people want: positive or negative' -r -f -a "positive\t''
negative\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l score -d 'How strongly the model leaned to the positive' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l threshold -d 'score >= X is a positive prediction [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l ignore -d 'Columns that play no part' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l reference -d 'Whom groups are held against: sex=Male, largest, best, overall or rest' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l bins -d 'How a numeric column is banded: age=18,30,45,60' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l control -d 'Strata to compare within, not with each other; auto tries every column' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -s c -l config -d 'The policy file [default: the closest fair-audit.toml]' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l dialect -d 'Whose SQL' -r -f -a "duckdb\t''
postgres\t''
spark\t''
bigquery\t''
snowflake\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l table -d 'What the table is called there [default: the first file\'s name]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l no-header -d 'The first line is data: columns are column_1, column_2 …'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l no-infer -d 'Only the roles that are named'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -l no-config -d 'No policy file'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand sql" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l input-format -d 'auto, csv, tsv, jsonl, parquet or arrow [default: auto]' -r -f -a "auto\t''
csv\t''
tsv\t''
jsonl\t''
parquet\t''
arrow\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l delimiter -d 'What separates the fields of a text file [default: found out]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l null -d 'Spellings of a missing label, prediction, score or weight' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l predictions -d 'A second file that holds the predictions' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l id -d 'The column that joins it [default: by row]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l weight -d 'What a row counts for' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l counts -d 'Every line stands for this many rows [default: guessed]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -s j -l threads -d 'Threads [default: one for each processor]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -s s -l sensitive -d 'Who is compared: sex,race,sex*race [default: inferred]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -s y -l label -d 'What was true' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -s p -l prediction -d 'What was decided; several are audited side by side' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l favorable -d 'Which outcome people want: positive or negative' -r -f -a "positive\t''
negative\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l score -d 'How strongly the model leaned to the positive' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l threshold -d 'score >= X is a positive prediction [default: 0.5]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l ignore -d 'Columns that play no part' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l reference -d 'Whom groups are held against: sex=Male, largest, best, overall or rest' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l bins -d 'How a numeric column is banded: age=18,30,45,60' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l control -d 'Strata to compare within, not with each other; auto tries every column' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l no-header -d 'The first line is data: columns are column_1, column_2 …'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -l no-infer -d 'Only the roles that are named'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand schema" -s h -l help -d 'Print help'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l metrics -d 'Only these metrics [default: all that apply]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l intersect -d 'How many columns are crossed at most [default: 2]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l confidence -d 'Of the intervals [default: 0.95]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l min-group -d 'Rows of a metric\'s own denominator that decide [default: 30]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l bootstrap -d 'Redraw the rows N times for what has no other interval' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l seed -d 'The seed of what is drawn [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l suppress -d 'Publish no count under K, nor what would reveal one (11 for health data)' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l missing -d 'Rows without a sensitive value: group, drop or error [default: group]' -r -f -a "group\t''
drop\t''
error\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -s P -l policy -d 'default, four-fifths, nyc-ll144, ugesp, lending, health, justice, none, or a policy file' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -s r -l require -d 'A rule: \'selection_rate_ratio(sex) >= 0.8\'' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l against -d 'Fail only on what got worse since this report' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l tolerance -d 'By how much a number may worsen [default: 0]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l fail-on -d 'Exit status 1 from: fail, warn or never [default: fail]' -r -f -a "fail\t''
warn\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l adjust -d 'For many checks: none, holm, bh or maxt [default: holm]' -r -f -a "none\t''
holm\t''
bh\t''
maxt\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -s f -l format -d 'table, json, jsonl, csv, md, sarif, junit, github, gitlab, prom, summary, mlbom, model-card, datasheet [default: table]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -s o -l output -d 'Where it goes; the extension says the format' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l top -d 'At most N groups and findings of a table' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l width -d 'Columns of the terminal [default: its own]' -r
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l color -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l progress -d 'auto, always or never [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l record -d 'Write a record of the run, which `fair-audit verify` computes again' -r -F
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l strict -d 'Exit status 3 where any check is undecided'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l exit-zero -d 'Exit status 0 whatever was found'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l all -d 'Every group and every finding'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l wide -d 'Every metric, and every column however wide'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -l ascii -d 'No Unicode signs'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -s q -l quiet -d 'The verdict line alone'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -s v -l verbose -d 'Say why roles were inferred'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand completions" -s h -l help -d 'Print help'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand man" -s h -l help -d 'Print help'
complete -c fair-audit -n "__fish_fair_audit_using_subcommand help" -s h -l help -d 'Print help'
