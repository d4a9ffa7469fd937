# fish completion of garner: verbs, options, and the names of harvests (asked from the daemon; silence if it does not answer).

set -l verbs submit status watch list pause resume cancel retry remove sources get verify archives tap cone
set -l with_harvest status watch pause resume cancel retry remove sources get verify

function __garner_harvests
    command garner list --names 2>/dev/null
end

function __garner_archives
    command garner archives 2>/dev/null | string split -f1 ' '
end

complete -c garner -f
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a submit -d 'Start a harvest from a manifest'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a status -d 'How the harvests stand'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a watch -d 'Follow one harvest, or all'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a list -d 'Every harvest, a line each'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a pause -d 'Send no more requests until resumed'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a resume -d 'Let a paused harvest go on'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a cancel -d 'End a harvest for good'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a retry -d 'Try again what failed, was absent, or is blocked'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a remove -d 'Forget a harvest'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a sources -d 'The sources of one outcome'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a get -d 'One product out of whatever layout'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a verify -d 'Re-hash everything on disk against the ledger'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a archives -d 'The archive profiles, and whether an archive answers'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a tap -d "Ask an archive's tables: queries, tables, jobs"
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -a cone -d 'What a table holds around a position'
complete -c garner -n "not __fish_seen_subcommand_from $verbs" -l version -d 'Print the version'

complete -c garner -l json -d 'Everything as JSON, for scripts'
complete -c garner -l socket -rF -d "The daemon's socket"
complete -c garner -l no-color -d 'No colours'
complete -c garner -l help -d 'Help with examples'

complete -c garner -n "__fish_seen_subcommand_from $with_harvest" -a '(__garner_harvests)'
complete -c garner -n '__fish_seen_subcommand_from submit' -F
complete -c garner -n '__fish_seen_subcommand_from submit' -l plan -d 'Tell what it would cost'
complete -c garner -n '__fish_seen_subcommand_from submit' -l wait -d 'Follow it to its end'
complete -c garner -n '__fish_seen_subcommand_from list' -l names -d 'Names alone'
complete -c garner -n '__fish_seen_subcommand_from remove' -l delete-data -d 'Delete its output directory as well'
complete -c garner -n '__fish_seen_subcommand_from retry' -l outcome -x -a 'failed absent pending'
complete -c garner -n '__fish_seen_subcommand_from sources' -l outcome -x -a 'delivered absent failed pending refused'
complete -c garner -n '__fish_seen_subcommand_from get' -s o -l output -rF -d 'File or directory'
complete -c garner -n '__fish_seen_subcommand_from archives' -a 'check (__garner_archives)'
complete -c garner -n '__fish_seen_subcommand_from archives' -l archives -rF -d 'Folder of the profiles'
complete -c garner -n '__fish_seen_subcommand_from archives' -l record -rF -d 'Keep the exchange here'
complete -c garner -n '__fish_seen_subcommand_from tap' -a 'query tables jobs (__garner_archives)'
complete -c garner -n '__fish_seen_subcommand_from tap; and __fish_seen_subcommand_from jobs' -a 'list show wait fetch delete'
complete -c garner -n '__fish_seen_subcommand_from tap' -l async -d 'By a job, with more time and rows'
complete -c garner -n '__fish_seen_subcommand_from tap' -l upload -x -d 'Send a table along: NAME=FILE'
complete -c garner -n '__fish_seen_subcommand_from tap' -l maxrec -x -d 'At most so many rows'
complete -c garner -n '__fish_seen_subcommand_from cone' -a '(__garner_archives)'
complete -c garner -n '__fish_seen_subcommand_from cone' -l limit -x -d 'So many rows, the nearest; 0: all'
complete -c garner -n '__fish_seen_subcommand_from tap cone' -l table -x -d 'Name of a table'
complete -c garner -n '__fish_seen_subcommand_from tap cone' -l format -x -a 'votable votable_plain fits csv ecsv json' -d "The archive's own file"
complete -c garner -n '__fish_seen_subcommand_from tap cone' -s o -l output -rF -d 'Write to this file'
complete -c garner -n '__fish_seen_subcommand_from tap cone' -l archives -rF -d 'Folder of the profiles'
