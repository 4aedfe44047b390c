# bash completion for verbatim; made by `verbatim completion bash`.

# Offers words, and files where $2 is compgen's option for them.
_verbatim_reply()
{
    local cur=${COMP_WORDS[COMP_CWORD]}
    [[ $cur == = ]] && cur=
    mapfile -t COMPREPLY < <(
        compgen -W "$1" -- "$cur"
        [[ -n ${2-} ]] && compgen "$2" -- "$cur"
    )
    if [[ -n ${2-} ]]; then compopt -o filenames 2>/dev/null; fi
}

_verbatim()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local own=
    # --name=value is three words to bash.
    [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}
    [[ $cur == = ]] && cur=
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _verbatim_reply 'serve gateway proxy check explain graphql account user cache storage completion help --help --version'
        return
    fi
    case ${COMP_WORDS[1]} in
    serve | gateway | proxy) ;;
    explain) own='-X --request -H --header -d --content --json -I --head -i --include --format --cacert -k --insecure -E --cert --key ' ;;
    account) own='--role --property '
        ((COMP_CWORD == 2)) && { _verbatim_reply 'add --help'; return; } ;;
    user) ((COMP_CWORD == 2)) && { _verbatim_reply 'add remove --help'; return; } ;;
    cache) own='--uri --origin --group --all '
        ((COMP_CWORD == 2)) && { _verbatim_reply 'purge stats --help'; return; } ;;
    storage) own='--citus '
        ((COMP_CWORD == 2)) && { _verbatim_reply 'init copy --help'; return; } ;;
    check | graphql) _verbatim_reply --help -f; return ;;
    completion) _verbatim_reply 'bash --help'; return ;;
    help) _verbatim_reply 'serve gateway proxy check explain graphql account user cache storage completion help'; return ;;
    *) return ;;
    esac
    case $prev in
    --format) _verbatim_reply 'text json' ;;
    -X | --request)
        _verbatim_reply 'GET HEAD PUT POST PATCH DELETE OPTIONS' ;;
    -[Hd] | --header | --content | --json) ;;
    --role | --property) ;;
    --description | --admin-token | --config | --upstream-ca | --users | --tls-cert | --tls-key | --tls-ocsp | --tls-client-ca | --tls-client-crl) _verbatim_reply '' -f ;;
    --files | --data | --gateway-cache-dir) _verbatim_reply '' -d ;;
    --log) _verbatim_reply 'stderr off' -f ;;
    --log-format) _verbatim_reply 'combined json'  ;;
    --tls-client-cert) _verbatim_reply 'required optional none'  ;;
    --upstream-host) _verbatim_reply 'upstream preserve'  ;;
    --balance) _verbatim_reply 'round-robin least-busy hash'  ;;
    --to) _verbatim_reply 'http:// https:// unix:'  ;;
    --log-redact) _verbatim_reply 'all none all-but: only:'  ;;
    --storage) _verbatim_reply 'memory: sqlite: postgresql://'  ;;
    --publish) _verbatim_reply '/openapi.json off'  ;;
    --batch) _verbatim_reply '/batch off'  ;;
    --graphql) _verbatim_reply '/graphql off'  ;;
    --rate) _verbatim_reply 'off'  ;;
    --listen | --origin | --server-name | --admin | --connect-timeout | --upstream-timeout | --gateway-cache | --gateway-cache-disk | --trusted-proxy | --via | --allow | --tunnel-idle-timeout | --hsts | --history | --workers | --cache-size | --cache-max-age | --max-connections | --max-programs | --password-memory | --password-passes | --jobs-at-once | --max-jobs | --job-retention | --max-content | --max-document | --max-target | --max-fields | --max-field-size | --max-fields-size | --max-requests | --graphql-tokens | --graphql-depth | --graphql-aliases | --graphql-cost | --max-pending | --max-streams | --rate-burst | --head-timeout | --content-timeout | --idle-timeout | --write-timeout | --idempotency-retention | --linger | --grace) ;;
    *)
        if [[ $cur == -* ]]; then
            _verbatim_reply "$own--description --files --publish --batch --graphql --listen --data --storage --open --plain-credentials --origin --server-name --trace --explain --admin --admin-token --config --to --upstream-host --balance --connect-timeout --upstream-timeout --gateway-cache --gateway-cache-dir --gateway-cache-disk --upstream-ca --insecure-upstream --hide-client --pass-undescribed --audit --trusted-proxy --via --allow --users --tunnel-idle-timeout --tls-cert --tls-key --tls-ocsp --tls-client-ca --tls-client-cert --tls-client-crl --tls-self-signed --http3 --redirect-to-https --hsts --log --log-format --log-redact --history --workers --cache-size --cache-max-age --max-connections --max-programs --password-memory --password-passes --jobs-at-once --max-jobs --job-retention --max-content --max-document --max-target --max-fields --max-field-size --max-fields-size --max-requests --graphql-tokens --graphql-depth --graphql-aliases --graphql-cost --max-pending --max-streams --rate --rate-burst --head-timeout --content-timeout --idle-timeout --write-timeout --idempotency-retention --linger --grace --help"
        else
            _verbatim_reply '' -f
        fi
        ;;
    esac
}
complete -F _verbatim verbatim
