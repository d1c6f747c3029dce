"""What the runner of the hostile inputs asks of a report: group -> rows with both, labels, predictions."""
import json


def counts(out):
    found = {}
    for group in json.loads(out)["groups"]:
        values = list(group["group"].values())
        if group["attribute"] == "overall" or len(values) != 1:
            continue
        c = group["counts"]
        if c.get("tp") is None:
            row = [group["rows"], c.get("labelled_positive"), c.get("predicted_positive")]
        else:
            row = [c["tp"] + c["fp"] + c["fn"] + c["tn"], c["tp"] + c["fn"], c["tp"] + c["fp"]]
        found[values[0] or ""] = row
    return found
