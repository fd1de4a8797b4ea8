" Syntax of .node files: models in the language of Nodal.
if exists('b:current_syntax')
  finish
endif

" Words that are never names. A test holds these lists to the lexer's and the parser's.
let s:reserved = ['let', 'var', 'if', 'then', 'else', 'for', 'in']
let s:operators = ['fold', 'scan', 'map', 'sample']
let s:constants = ['true', 'false', 'inf', 'nan', 'pi']
" Words only where a statement begins.
let s:statements = ['import', 'precision', 'seed', 'const', 'param', 'fn', 'layer', 'ode', 'solver', 'data', 'loss', 'test', 'bench', 'train', 'infer', 'uncertainty', 'residuals', 'explain', 'check', 'plot', 'print', 'write', 'save', 'load', 'assert', 'gradient', 'state', 'known', 'learned', 'part', 'input', 'noise', 'output', 'event', 'override', 'stop']
" Words only in the middle of one.
let s:clauses = ['extends', 'where', 'per', 'on', 'of', 'along', 'against', 'log', 'as', 'to', 'from', 'gradients', 'rising', 'falling']
let s:types = ['Real', 'Int', 'Bool', 'String', 'Any', 'Fn', 'Dataset', 'Solution']

function! s:Words(words) abort
  return '%(' . join(a:words, '|') . ')'
endfunction

" A name with its primes is a state's derivative, never a word.
execute 'syntax match nodeStatement /\v%(^|[{;])\s*\zs' . s:Words(s:statements) . '>\ze\s+%([^ =:.,+*\/|<>~^@-]|-\S)/'
execute 'syntax match nodeStatement /\v\=\s*\zs%(train|infer|uncertainty|residuals)>\ze\s+\w/'
execute 'syntax match nodeStatement /\v%(^|[{;])\s*\zsstop\ze\s*%($|[;}])/'
execute 'syntax match nodeClause /\v\s\zs' . s:Words(s:clauses) . '>\ze\s+[^ =:.,+*\/|<>~^@-]/'
execute 'syntax match nodeReserved /\v<' . s:Words(s:reserved) . ">'@!/"
execute 'syntax match nodeWordOperator /\v<' . s:Words(s:operators) . ">'@!/"
execute 'syntax match nodeConstant /\v<' . s:Words(s:constants) . ">'@!/"
execute 'syntax match nodeType /\v<' . s:Words(s:types) . ">'@!/ nextgroup=nodeUnit"

syntax match nodeLabel /\v<\k+\ze\s*:/
syntax match nodeFunction /\v<\k+\ze\(/
syntax match nodeNumber /\v<\d+%(_\d+)*%(\.\d+%(_\d+)*)?%([eE][+-]?\d+)?/ nextgroup=nodeUnit
syntax match nodeUnit /<[^<>&|=;,{}"\[\]]*>/ contained
syntax region nodeString start=/"/ skip=/\\./ end=/"\|$/ oneline contains=nodeEscape nextgroup=nodeUnit
syntax match nodeEscape /\v\\%([ntr"\\]|u\{\x+\})/ contained
syntax match nodePrime /\v%(\k|\])@<='+/
syntax match nodeOperator /|>\|||\|&&\|->\|+=\|\.\.<\|\.\.\|[-+*/@^=!~]/
syntax match nodeComment /\/\/.*$/ contains=nodeTodo,@Spell
syntax match nodeDocComment /\/\/\/.*$/ contains=nodeTodo,@Spell
syntax keyword nodeTodo TODO FIXME contained

highlight default link nodeStatement Keyword
highlight default link nodeClause Keyword
highlight default link nodeReserved Keyword
highlight default link nodeWordOperator Operator
highlight default link nodeConstant Constant
highlight default link nodeType Type
highlight default link nodeLabel Identifier
highlight default link nodeFunction Function
highlight default link nodeNumber Number
highlight default link nodeUnit Special
highlight default link nodeString String
highlight default link nodeEscape SpecialChar
highlight default link nodePrime Operator
highlight default link nodeOperator Operator
highlight default link nodeComment Comment
highlight default link nodeDocComment SpecialComment
highlight default link nodeTodo Todo

let b:current_syntax = 'node'
