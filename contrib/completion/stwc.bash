# bash completion for stwc: commands, options and their words from its --help, types and fields from its tables,
# so that nothing here has to be kept up to date.
_stwc() {
	local word=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]} command=${COMP_WORDS[1]}

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ] || [ "$command" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W \
			"$("$program" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')" -- "$word")
		return
	fi
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--*)
		# the words of an option that takes one of a few
		mapfile -t COMPREPLY < <(compgen -W "$("$program" "$command" --help 2>/dev/null |
			sed -n "s/^  ${COMP_WORDS[COMP_CWORD - 1]} \\([a-z-]*|[a-z|-]*\\)\\( .*\\)\\{0,1\\}\$/\\1/p" | tr '|' ' ')" -- "$word")
		[ ${#COMPREPLY[@]} -eq 0 ] || return
		;;
	esac
	case $word in
	-*)
		mapfile -t COMPREPLY < <(compgen -W \
			"$("$program" "$command" --help 2>/dev/null | grep -o -e '--[a-z][a-z-]*' | sort -u)" -- "$word")
		return
		;;
	esac
	case $command in
	schema | explain)
		# Type.field once a type is written out, types before
		mapfile -t COMPREPLY < <("$program" schema --to list 2>/dev/null | awk -F '\t' -v word="$word" '
			{ name = $1 }
			index(word, ".") == 0 { sub(/\..*/, "", name) }
			index(name, word) == 1 && !seen[name]++ { print name }')
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	esac
}
complete -o filenames -F _stwc stwc
