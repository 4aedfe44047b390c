/*
 * The command line `verbatim COMMAND ...`.
 *
 * Exit statuses: 0, all went well; 1, it ran and something is wrong (a server
 * failed, a description cannot be served in full); 2, it could not do what was
 * asked (a mistake on the command line or in a file, output that nobody takes).
 */
#ifndef VB_SERVER_CLI_H
#define VB_SERVER_CLI_H

#define VB_EXIT_FINDING 1
#define VB_EXIT_USAGE   2

/* Runs a command; the program's exit status. `environment` is as environ. */
int vb_cli_run(int argc, char *const *argv, char *const *environment);

#endif
