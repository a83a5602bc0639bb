/* ICU's data as one object, under the name that ICU 78 links to. It is read in place, and is aligned for that. */
	.section .rodata
	.balign 16
	.globl icudt78_dat
	.type icudt78_dat, %object
icudt78_dat:
	.incbin "icudt78l.dat"
	.size icudt78_dat, . - icudt78_dat
	.section .note.GNU-stack, "", %progbits
