"""What was agreed: plans and their words, who is on which, with which quota, on whose terms, and in which team.

What stands where:

    plans        a plan: components, tiers, multipliers, gates, caps
    deal_terms   ... what time does to a deal           ladder_terms   ... what pays a climb where terms differ by day
    plan_book    all plan versions, and who is on which
    quota_facts  quotas as somebody set them            quotas         which quota holds for whom in a window, and why
    exceptions   what was agreed with one payee instead of what their plan says
    teams        who belongs to a team and who leads it, and how members share a figure
"""
