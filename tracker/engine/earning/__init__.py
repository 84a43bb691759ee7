"""From credits to what is earned, and why. Everything that bends happens here.

Read in this order:

    rates        a tier table compiled to bands; one evaluation function
    totals       credits -> running totals
    climbing     running totals -> earned per period (alone: deals that do not climb together)
    supposed     a total with some credits more or fewer
    pools        what a team earned -> what its members are paid
    paying       a list of deals -> what everybody is paid, in one go
    explain      the lines whose sum is the figure (clawbacks: what was taken back; why_no_pay: why a deal did not pay)
    standing     where a payee stands: step, distance, next deal, pace (ways_climbed: from there on; on_target)
"""
