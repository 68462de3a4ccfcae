"""What is not kept: yesterday's visitors, old texts, pictures that nothing shows, and the words of
who leaves.
"""

from datetime import timedelta

from ambassadors.models import AnswerUse, ClickMark, CourseImage, OwnPost, Share
from notifications import periodic
from server.accounts.models import User


def register() -> None:
    day = timedelta(days=1)
    hour = timedelta(hours=1)
    periodic.register("forget-click-marks", every=hour, run=ClickMark.forget_old)
    periodic.register("forget-shared-texts", every=day, run=Share.forget_texts)
    periodic.register("forget-course-pictures", every=day, run=CourseImage.forget_unused)
    periodic.register("forget-answered-texts", every=day, run=AnswerUse.forget_texts)
    User.on_leaving += [
        Share.forget_words_of,
        OwnPost.forget_words_of,
        AnswerUse.forget_words_of,
    ]
