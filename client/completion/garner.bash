# bash completion of garner: verbs, options, and the names of harvests (asked from the daemon; silence if it does not answer).

_garner_harvests() {
  local socket=() i
  for ((i = 1; i < COMP_CWORD - 1; i++)); do
    [[ ${COMP_WORDS[i]} == --socket ]] && socket=(--socket "${COMP_WORDS[i + 1]}")
  done
  command garner list --names "${socket[@]}" 2>/dev/null
}

_garner() {
  local verbs='submit status watch list pause resume cancel retry remove sources log receipt get verify archives tap cone login logout whoami'
  local common='--json --socket --no-color --help'
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local verb='' places=0 i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      --socket | --outcome | --output | -o | --archives | --record | --format | --maxrec | --table | --limit | --upload | --credentials | --chunk | --source | --type | --last) ((i++)) ;;
      -*) ;;
      *) if [[ -z $verb ]]; then verb=$word; else ((places++)); fi ;;
    esac
  done

  local options=$common words=''
  case $previous in
    --socket | --output | -o | --archives | --record | --credentials)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --format)
      mapfile -t COMPREPLY < <(compgen -W 'votable votable_plain fits csv ecsv json' -- "$current")
      return
      ;;
    --maxrec | --table | --limit | --upload | --chunk | --source | --type | --last) return ;;
    --outcome)
      case $verb in
        retry) words='failed absent pending' ;;
        sources) words='delivered absent failed pending refused' ;;
      esac
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
      return
      ;;
  esac

  case $verb in
    '') options+=' --version' words=$verbs ;;
    submit) options+=' --plan --wait' ;;
    list) options+=' --names' ;;
    status) options+=' --verbose' ;;
    log) options+=' --chunk --source --type --last --follow' ;;
    verify) options+=' --repair' ;;
    retry | sources) options+=' --outcome' ;;
    remove) options+=' --delete-data' ;;
    get) options+=' --output' ;;
    archives) options+=' --archives --anonymous --record' ;;
    tap) options+=' --archives --anonymous --async --upload --format --maxrec --output --table' ;;
    cone) options+=' --archives --anonymous --table --limit --format --output' ;;
    login) options+=' --archives --credentials' ;;
    logout | whoami) options+=' --archives' ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi

  case $verb in
    submit)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -X '!*.@(yaml|yml)' -- "$current"; compgen -d -- "$current")
      return
      ;;
    status | watch | pause | resume | cancel | retry | remove | sources | log | receipt | get | verify)
      ((places == 0)) && words=$(_garner_harvests)
      ;;
    archives)
      ((places == 0)) && words='check'
      ((places == 1)) && words=$(command garner archives 2>/dev/null | cut -d' ' -f1)
      ;;
    tap)
      ((places == 0)) && words=$(command garner archives 2>/dev/null | cut -d' ' -f1)
      ((places == 1)) && words='query tables jobs'
      ((places == 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == jobs ]] && words='list show wait fetch delete'
      ;;
    cone | login | logout | whoami)
      ((places == 0)) && words=$(command garner archives 2>/dev/null | cut -d' ' -f1)
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _garner garner
