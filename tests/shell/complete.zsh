# usage: zsh -f complete.zsh FOLDER LINE...
# Types each line and the tab key into an interactive zsh that has FOLDER in its $fpath, and prints the arguments that
# became of them, joined by " | ".
zmodload zsh/zpty
results=()
zpty shell zsh -f -i
expect() { local got; zpty -r shell got "*$1*" }
zpty -w shell "PS1= RPS1= PROMPT_EOL_MARK=; unsetopt zle_bracketed_paste; stty -echo; fpath=(${(q)1} \$fpath); autoload -U compinit; compinit -u -D"
zpty -w shell 'wordvec() { print -r -- "<""$*"">" }; print rea""dy'
expect ready
shift
for line; do
  zpty -n -w shell "$line"$'\t\n'
  zpty -r shell got '*<*>*'
  got=${got##*<}
  results+=(${${got%%>*}%% #})
done
zpty -d shell
print -r -- ${(j: | :)results}
