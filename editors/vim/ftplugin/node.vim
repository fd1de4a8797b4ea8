" Settings for .node files: models in the language of Nodal.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:///,:// commentstring=//\ %s
setlocal expandtab shiftwidth=2 softtabstop=2
setlocal suffixesadd=.node
" Greek letters, subscripts and combining marks belong to names.
setlocal iskeyword=@,48-57,_,192-255
if executable('nodal')
  setlocal formatprg=nodal\ fmt\ -
endif

let b:undo_ftplugin = 'setlocal comments< commentstring< expandtab< shiftwidth< softtabstop< suffixesadd< iskeyword< formatprg<'
