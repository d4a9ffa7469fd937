#compdef garner
# zsh completion of garner: verbs, options, and the names of harvests (asked from the daemon; silence if it does not answer).

_garner_harvests() {
  local -a names
  names=(${(f)"$(command garner list --names 2>/dev/null)"})
  _describe -t harvests harvest names
}

_garner_archives() {
  local -a names
  names=(${(f)"$(command garner archives 2>/dev/null | cut -d' ' -f1)"})
  _describe -t archives archive names
}

# Of `garner tap ARCHIVE jobs`; a query or a pattern is the user's own.
_garner_tap_words() {
  (( ${words[(I)jobs]} )) && compadd list show wait fetch delete
}

_garner() {
  local -a verbs common
  verbs=(
    'submit:start a harvest from a manifest'
    'status:how the harvests stand, or one of them in detail'
    'watch:follow one harvest, or all, until they are over'
    'list:every harvest, a line each'
    'pause:send no more requests until it is resumed'
    'resume:let a paused harvest go on'
    'cancel:end a harvest for good'
    'retry:try again what failed, was absent, or is blocked'
    'remove:forget a harvest'
    'sources:the sources of one outcome, tab-separated'
    'log:what happened to a harvest, a chunk or a source'
    'receipt:the account of a harvest, to keep beside its data'
    'get:one product out of whatever layout'
    'verify:re-hash everything on disk against the ledger'
    'archives:the archive profiles, and whether an archive answers'
    "tap:ask an archive's tables: queries, what tables there are, jobs"
    "cone:what an archive's table holds around a position"
    'login:log in at an archive, for what you ask it from here'
    'logout:end your login at an archive'
    'whoami:who you are to an archive'
  )
  common=(
    '--json[everything as JSON, for scripts]'
    "--socket[the daemon's socket]:socket:_files"
    '--no-color[no colours]'
    '--help[help with examples]'
  )

  local context state line
  _arguments -C $common '--version[print the version]' '1:verb:->verb' '*::argument:->argument'
  case $state in
    verb) _describe -t verbs verb verbs ;;
    argument)
      case $words[1] in
        submit) _arguments $common '--plan[tell what it would cost]' '--wait[follow it to its end]' '1:manifest:_files -g "*.(yaml|yml)"' ;;
        list) _arguments $common '--names[names alone]' ;;
        status) _arguments $common '(-v --verbose)'{-v,--verbose}'[also how the archive is asked]' '1:harvest:_garner_harvests' ;;
        log) _arguments $common "--chunk[one chunk's requests only]:chunk:" '--source[those in which this source was asked for]:source_id:' '--type[of this retrieval_type only]:retrieval_type:' '--last[so many lines]:lines:' '--follow[go on with what comes]' '1:harvest:_garner_harvests' ;;
        verify) _arguments $common '--repair[fetch again what is damaged or missing]' '1:harvest:_garner_harvests' ;;
        watch|pause|resume|cancel|receipt) _arguments $common '1:harvest:_garner_harvests' ;;
        retry) _arguments $common '--outcome[which ones]:outcome:(failed absent pending)' '1:harvest:_garner_harvests' ;;
        remove) _arguments $common '--delete-data[delete its output directory as well]' '1:harvest:_garner_harvests' ;;
        sources) _arguments $common '--outcome[which ones]:outcome:(delivered absent failed pending refused)' '1:harvest:_garner_harvests' ;;
        get) _arguments $common '(-o --output)'{-o,--output}'[file or directory]:file:_files' '1:harvest:_garner_harvests' '2:source_id:' '3:retrieval_type:' ;;
        archives) _arguments $common '--anonymous[ask as anybody]' '--archives[folder of the profiles]:folder:_files -/' '--record[keep the exchange here]:folder:_files -/' '1:action:(check)' '2:archive:_garner_archives' ;;
        tap) _arguments $common '--anonymous[ask as anybody]' '--archives[folder of the profiles]:folder:_files -/' '--async[by a job]' '*--upload[send a table along]:NAME=FILE:' '--format[the archive'"'"'s own file]:format:(votable votable_plain fits csv ecsv json)' '--maxrec[at most so many rows]:rows:' '(-o --output)'{-o,--output}'[write to this file]:file:_files' '--table[the table whose columns are told]:table:' '1:archive:_garner_archives' '2:action:(query tables jobs)' '3:words:_garner_tap_words' '4:job:' ;;
        cone) _arguments $common '--anonymous[ask as anybody]' '--archives[folder of the profiles]:folder:_files -/' '--table[the table to look in]:table:' '--limit[so many rows, 0 for all]:rows:' '--format[the archive'"'"'s own file]:format:(votable votable_plain fits csv ecsv json)' '(-o --output)'{-o,--output}'[write to this file]:file:_files' '1:archive:_garner_archives' '2:right ascension:' '3:declination:' '4:radius:' ;;
        login) _arguments $common '--archives[folder of the profiles]:folder:_files -/' '--credentials[two lines, user name and password]:file:_files' '1:archive:_garner_archives' ;;
        logout|whoami) _arguments $common '--archives[folder of the profiles]:folder:_files -/' '1:archive:_garner_archives' ;;
      esac
      ;;
  esac
}

_garner "$@"
