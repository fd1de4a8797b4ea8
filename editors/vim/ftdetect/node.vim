autocmd BufNewFile,BufRead *.node setfiletype node
