# fish completion of garner: verbs, options, and the names of harvests (asked from the daemon; silence if it does not answer).

set -l with_harvest status watch pause resume cancel retry remove sources log receipt get verify

function __garner_harvests
    command garner list --names 2>/dev/null
end

function __garner_archives
    command garner archives 2>/dev/null | string split -f1 ' '
end

# The word being typed is number PLACE behind one of the verbs: __garner_at PLACE VERB...
function __garner_at
    set -l tokens (commandline -poc)
    set -e tokens[1]
    set -l words
    set -l value no
    for token in $tokens
        if test $value = yes
            set value no
            continue
        end
        switch $token
            case --socket --outcome --output -o --archives --record --format --maxrec --table --limit --upload --credentials --chunk --source --type --last
                set value yes
            case '-*'
            case '*'
                set -a words $token
        end
    end
    test (count $words) -eq $argv[1]; and begin
        test $argv[1] -eq 0; or contains -- "$words[1]" $argv[2..-1]
    end
end

complete -c garner -f
complete -c garner -n "__garner_at 0" -a submit -d 'Start a harvest from a manifest'
complete -c garner -n "__garner_at 0" -a status -d 'How the harvests stand'
complete -c garner -n "__garner_at 0" -a watch -d 'Follow one harvest, or all'
complete -c garner -n "__garner_at 0" -a list -d 'Every harvest, a line each'
complete -c garner -n "__garner_at 0" -a pause -d 'Send no more requests until resumed'
complete -c garner -n "__garner_at 0" -a resume -d 'Let a paused harvest go on'
complete -c garner -n "__garner_at 0" -a cancel -d 'End a harvest for good'
complete -c garner -n "__garner_at 0" -a retry -d 'Try again what failed, was absent, or is blocked'
complete -c garner -n "__garner_at 0" -a remove -d 'Forget a harvest'
complete -c garner -n "__garner_at 0" -a sources -d 'The sources of one outcome'
complete -c garner -n "__garner_at 0" -a log -d 'What happened to a harvest, a chunk or a source'
complete -c garner -n "__garner_at 0" -a receipt -d 'The account of a harvest, to keep beside its data'
complete -c garner -n "__garner_at 0" -a get -d 'One product out of whatever layout'
complete -c garner -n "__garner_at 0" -a verify -d 'Re-hash everything on disk against the ledger'
complete -c garner -n "__garner_at 0" -a archives -d 'The archive profiles, and whether an archive answers'
complete -c garner -n "__garner_at 0" -a tap -d "Ask an archive's tables: queries, tables, jobs"
complete -c garner -n "__garner_at 0" -a cone -d 'What a table holds around a position'
complete -c garner -n "__garner_at 0" -a login -d 'Log in at an archive, for what you ask it from here'
complete -c garner -n "__garner_at 0" -a logout -d 'End your login at an archive'
complete -c garner -n "__garner_at 0" -a whoami -d 'Who you are to an archive'
complete -c garner -n "__garner_at 0" -l version -d 'Print the version'

complete -c garner -l json -d 'Everything as JSON, for scripts'
complete -c garner -l socket -rF -d "The daemon's socket"
complete -c garner -l no-color -d 'No colours'
complete -c garner -l help -d 'Help with examples'

complete -c garner -n "__garner_at 1 $with_harvest" -a '(__garner_harvests)'
complete -c garner -n '__garner_at 1 submit' -F
complete -c garner -n '__fish_seen_subcommand_from submit' -l plan -d 'Tell what it would cost'
complete -c garner -n '__fish_seen_subcommand_from submit' -l wait -d 'Follow it to its end'
complete -c garner -n '__fish_seen_subcommand_from list' -l names -d 'Names alone'
complete -c garner -n '__fish_seen_subcommand_from status' -s v -l verbose -d 'Also how the archive is asked'
complete -c garner -n '__fish_seen_subcommand_from remove' -l delete-data -d 'Delete its output directory as well'
complete -c garner -n '__fish_seen_subcommand_from retry' -l outcome -x -a 'failed absent pending'
complete -c garner -n '__fish_seen_subcommand_from sources' -l outcome -x -a 'delivered absent failed pending refused'
complete -c garner -n '__fish_seen_subcommand_from log' -l chunk -x -d "One chunk's requests only"
complete -c garner -n '__fish_seen_subcommand_from log' -l source -x -d 'Those in which this source was asked for'
complete -c garner -n '__fish_seen_subcommand_from log' -l type -x -d 'Of this retrieval_type only'
complete -c garner -n '__fish_seen_subcommand_from log' -l last -x -d 'So many lines'
complete -c garner -n '__fish_seen_subcommand_from log' -l follow -d 'Go on with what comes'
complete -c garner -n '__fish_seen_subcommand_from verify' -l repair -d 'Fetch again what is damaged or missing'
complete -c garner -n '__fish_seen_subcommand_from get' -s o -l output -rF -d 'File or directory'
complete -c garner -n '__garner_at 1 archives' -a check
complete -c garner -n '__garner_at 2 archives' -a '(__garner_archives)'
complete -c garner -n '__fish_seen_subcommand_from archives' -l archives -rF -d 'Folder of the profiles'
complete -c garner -n '__fish_seen_subcommand_from archives' -l record -rF -d 'Keep the exchange here'
complete -c garner -n '__garner_at 1 tap cone login logout whoami' -a '(__garner_archives)'
complete -c garner -n '__garner_at 2 tap' -a 'query tables jobs'
complete -c garner -n '__garner_at 3 tap; and __fish_seen_subcommand_from jobs' -a 'list show wait fetch delete'
complete -c garner -n '__fish_seen_subcommand_from tap' -l async -d 'By a job, with more time and rows'
complete -c garner -n '__fish_seen_subcommand_from tap' -l upload -x -d 'Send a table along: NAME=FILE'
complete -c garner -n '__fish_seen_subcommand_from tap' -l maxrec -x -d 'At most so many rows'
complete -c garner -n '__fish_seen_subcommand_from cone' -l limit -x -d 'So many rows, the nearest; 0: all'
complete -c garner -n '__fish_seen_subcommand_from tap cone' -l table -x -d 'Name of a table'
complete -c garner -n '__fish_seen_subcommand_from tap cone' -l format -x -a 'votable votable_plain fits csv ecsv json' -d "The archive's own file"
complete -c garner -n '__fish_seen_subcommand_from tap cone' -s o -l output -rF -d 'Write to this file'
complete -c garner -n '__fish_seen_subcommand_from login' -l credentials -rF -d 'Two lines, user name and password'
complete -c garner -n '__fish_seen_subcommand_from archives tap cone' -l anonymous -d 'Ask as anybody'
complete -c garner -n '__fish_seen_subcommand_from tap cone login logout whoami' -l archives -rF -d 'Folder of the profiles'
