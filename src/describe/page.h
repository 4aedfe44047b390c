/*
 * How many members a page of a collection has: where nobody says how many, and
 * at most, whoever asks for more.
 */
#ifndef VB_DESCRIBE_PAGE_H
#define VB_DESCRIBE_PAGE_H

#define VB_PAGE_USUAL 100
#define VB_PAGE_MOST  1000

#endif
